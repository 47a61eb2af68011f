//! Rows of `callbacks`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "callbacks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) delivery_id: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) webhook_id: Uuid,
    pub(crate) event_type: String,
    pub(crate) url: String,
    pub(crate) callback_date: i64,
    pub(crate) attempt: i32,
    pub(crate) trigger: String,
    pub(crate) outcome: String,
    pub(crate) status: Option<i32>,
    pub(crate) response: String,
    pub(crate) detail: Option<String>,
    pub(crate) duration_ms: i64,
    pub(crate) dns_us: Option<i32>,
    pub(crate) connect_us: Option<i32>,
    pub(crate) tls_us: Option<i32>,
    pub(crate) wait_us: Option<i32>,
    pub(crate) certificates: Option<String>,
    pub(crate) request_headers: String,
    pub(crate) response_headers: Option<String>,
    pub(crate) response_body: Option<Vec<u8>>,
    pub(crate) response_truncated: bool,
    pub(crate) response_incomplete: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
