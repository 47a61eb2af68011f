//! What a webhook is found and sorted by in the console, in its own row: one text in lower case, and the first of its events.

use sea_orm_migration::{
    prelude::*,
    schema::string,
    sea_orm::{FromQueryResult, Statement},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(FromQueryResult)]
struct Row {
    id: sea_orm_migration::sea_orm::prelude::Uuid,
    name: String,
    url: String,
    description: String,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["search", "first_event"] {
            let table = Table::alter()
                .table("webhooks")
                .add_column(string(column).text().default(""))
                .to_owned();
            manager.alter_table(table).await?;
        }
        let connection = manager.get_connection();
        let backend = manager.get_database_backend();
        let all = Statement::from_string(backend, "SELECT id, name, url, description FROM webhooks");
        for row in Row::find_by_statement(all).all(connection).await? {
            // SQLite's own `lower` knows the letters of ASCII alone.
            let search = format!("{}\n{}\n{}", row.name, row.url, row.description).to_lowercase();
            let update = Query::update()
                .table("webhooks")
                .value("search", search)
                .and_where(Expr::col("id").eq(row.id))
                .to_owned();
            connection.execute(&update).await?;
        }
        let first = "UPDATE webhooks SET first_event = COALESCE((SELECT MIN(e.event_type) FROM webhook_events e WHERE e.webhook_id = webhooks.id), '')";
        connection.execute_unprepared(first).await?;
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
