//! Rows of `events`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) source: String,
    pub(crate) ce_id: String,
    pub(crate) subject: Option<String>,
    /// Extension attributes, as a JSON object.
    pub(crate) extensions: Option<String>,
    /// The trace context that its callbacks continue, as `TraceContext::stored` writes it.
    pub(crate) trace_context: Option<String>,
    pub(crate) occurred_at: i64,
    pub(crate) received_at: i64,
    pub(crate) body: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
