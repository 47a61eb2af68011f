//! Rows of `stats_total`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stats_total")]
pub(crate) struct Model {
    /// See `storage::global_stats`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) shard: i16,
    /// Hours since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) hour: i64,
    /// See `storage::stats::Latency`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) latency: i32,
    pub(crate) succeeded: i64,
    pub(crate) failed: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
