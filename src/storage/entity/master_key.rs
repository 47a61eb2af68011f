//! The row of `master_keys`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "master_keys")]
pub(crate) struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i32,
    /// The fingerprint of the key.
    pub(crate) current: String,
    /// The fingerprint of the new key during a rotation.
    pub(crate) next: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
