//! Rows of `deliveries`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) webhook_id: Uuid,
    pub(crate) state: String,
    /// The trigger of the next attempt, or of the one in progress.
    pub(crate) next_trigger: String,
    pub(crate) attempts: i32,
    /// How many retries of the schedule are used.
    pub(crate) retries: i32,
    /// The delivery is not retried after this number of attempts. `None`: the schedule decides.
    pub(crate) max_attempts: Option<i32>,
    /// Number of attempts that were requested manually and not made yet.
    pub(crate) manual_requests: i32,
    /// Number of attempts that panicked.
    pub(crate) panics: i32,
    /// See `storage::priority`.
    pub(crate) priority: i16,
    pub(crate) order_key: Option<i64>,
    pub(crate) due_at: Option<i64>,
    pub(crate) lease_owner: Option<Uuid>,
    /// Why the delivery failed or is held.
    pub(crate) reason: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
