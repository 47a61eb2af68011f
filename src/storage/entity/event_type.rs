//! Rows of `event_types`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_types")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// The section of the event picker.
    pub(crate) section: Option<String>,
    pub(crate) state: String,
    pub(crate) replaced_by: Option<String>,
    pub(crate) origin: String,
    /// The current version of the schema, from 1.
    pub(crate) version: i32,
    pub(crate) retention_days: Option<i32>,
    /// JSON pointers, as a JSON array.
    pub(crate) masked: String,
    /// The position in the pack.
    pub(crate) position: i32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
