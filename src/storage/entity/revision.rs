//! The row of `revisions`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revisions")]
pub(crate) struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i32,
    /// Number of changes of webhooks.
    pub(crate) webhooks: i64,
    /// Number of changes of event types.
    pub(crate) event_types: i64,
    /// The newest migration, if earlier versions can work with the schema.
    pub(crate) migrated_to: Option<String>,
    /// The last migration that such a version has to know.
    pub(crate) requires: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
