//! Rows of `event_type_stats`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_type_stats")]
pub(crate) struct Model {
    /// See `storage::global_stats`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) shard: i16,
    /// Hours since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) hour: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) event_type: String,
    /// Succeeded and failed ones.
    pub(crate) callbacks: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
