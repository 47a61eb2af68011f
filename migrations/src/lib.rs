//! The database schema of clearhook, one file per migration, the same on SQLite and PostgreSQL.
//!
//! Times are milliseconds since 1970 in UTC, stored as big integers: the same on both databases, and quick to compare.

#![forbid(unsafe_code)]

use sea_orm_migration::prelude::*;

mod m20261128_000001_initial;

pub use m20261128_000001_initial::{PARTITIONED, TABLES};

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261128_000001_initial::Migration)]
    }
}
