//! What a webhook is found and sorted by in the console, in its own row: one text in lower case, and the first of its events.

use std::collections::HashMap;

use sea_orm_migration::{
    prelude::*,
    schema::string,
    sea_orm::{DbBackend, FromQueryResult, Statement, prelude::Uuid},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    name: String,
    url: String,
    description: String,
}

#[derive(FromQueryResult)]
struct Event {
    webhook_id: Uuid,
    event_type: String,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// On SQLite too: half of it would be a table that no later start can mend.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (connection, backend) = (manager.get_connection(), manager.get_database_backend());
        for column in ["search", "first_event"] {
            let mut column = string(column).text().default("").to_owned();
            if backend == DbBackend::Postgres {
                // By its bytes, whatever the database's language: that is how SQLite and the service compare.
                column.extra("COLLATE \"C\"");
            }
            let table = Table::alter().table("webhooks").add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        let mut first: HashMap<Uuid, String> = HashMap::new();
        let all = Statement::from_string(backend, "SELECT webhook_id, event_type FROM webhook_events");
        for event in Event::find_by_statement(all).all(connection).await? {
            let least = first.entry(event.webhook_id).or_insert_with(|| event.event_type.clone());
            if event.event_type < *least {
                *least = event.event_type;
            }
        }
        let all = Statement::from_string(backend, "SELECT id, name, url, description FROM webhooks");
        for row in Row::find_by_statement(all).all(connection).await? {
            // As the service does it (`storage::search`): SQLite's own `lower` knows the letters of ASCII alone.
            let search = format!("{}\n{}\n{}", row.name, row.url, row.description);
            let update = Query::update()
                .table("webhooks")
                .value("search", search.to_lowercase().replace('ς', "σ"))
                .value("first_event", first.remove(&row.id).unwrap_or_default())
                .and_where(Expr::col("id").eq(row.id))
                .to_owned();
            connection.execute(&update).await?;
        }
        let index = "CREATE INDEX webhooks_by_event ON webhooks (first_event, id) WHERE deleted_at IS NULL";
        connection.execute_unprepared(index).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX webhooks_by_event").await?;
        for column in ["search", "first_event"] {
            let table = Table::alter().table("webhooks").drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
