//! What the pages under Administration need: when somebody last signed in, and indexes by which the audit log is read.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Name and columns. Each ends with the time, by which every page of the log is ordered.
const INDEXES: [(&str, &[&str]); 4] = [
    ("audit_log_newest", &["at", "id"]),
    ("audit_log_actor", &["actor_id", "at"]),
    ("audit_log_action", &["action", "at"]),
    ("audit_log_kind", &["object_kind", "at"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter()
            .table("users")
            .add_column(big_integer_null("last_sign_in_at"))
            .to_owned();
        manager.alter_table(add).await?;
        for (name, columns) in INDEXES {
            let mut index = Index::create().name(name).table("audit_log").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            manager.drop_index(Index::drop().name(name).table("audit_log").to_owned()).await?;
        }
        manager
            .alter_table(Table::alter().table("users").drop_column("last_sign_in_at").to_owned())
            .await
    }
}
