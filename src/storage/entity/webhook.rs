//! Rows of `webhooks`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) url: String,
    pub(crate) enabled: bool,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) rate_limit: Option<i32>,
    pub(crate) rate_burst: Option<i32>,
    pub(crate) ordered: bool,
    pub(crate) failing_since: Option<i64>,
    /// Number of deliveries in a row that exhausted their attempts.
    pub(crate) exhausted_deliveries: i32,
    /// When the first of them did.
    pub(crate) exhausted_since: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) deleted_at: Option<i64>,
    /// The searchable text: see `storage::search`.
    pub(crate) search: String,
    /// The alphabetically first subscribed event type, by which lists are sorted.
    pub(crate) first_event: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
