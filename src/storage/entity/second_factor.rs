//! Rows of `second_factors`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub(crate) struct Model {
    /// The user's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) secret_encrypted: Vec<u8>,
    /// The time step of the last accepted code.
    pub(crate) last_step: i64,
    pub(crate) created_at: i64,
    pub(crate) confirmed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
