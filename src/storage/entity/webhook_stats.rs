//! Rows of `webhook_stats`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_stats")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) webhook_id: Uuid,
    /// Hours since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) hour: i64,
    /// The bucket of the latency: see `storage::stats`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) latency: i32,
    pub(crate) succeeded: i64,
    pub(crate) failed: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
