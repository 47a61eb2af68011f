//! The database schema of clearhook, one file a step, the same on SQLite and PostgreSQL.
//!
//! Times are milliseconds since 1970 in UTC, as big integers: the same on both databases, and quick to compare.

#![forbid(unsafe_code)]

use sea_orm_migration::prelude::*;

mod m20261124_000001_accounts;
mod m20261124_000002_webhooks;
mod m20261125_000003_deliveries;
mod m20261125_000004_audit;
mod m20261126_000004_node_revision;
mod m20261126_000005_sign_in;
mod m20261126_000006_administration;
mod m20261126_000007_keys;
mod m20261126_000008_console;
mod m20261126_000009_logs;
mod m20261127_000010_overview;
mod m20261127_000011_search;

/// All steps, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_accounts::Migration),
            Box::new(m20261124_000002_webhooks::Migration),
            Box::new(m20261125_000003_deliveries::Migration),
            Box::new(m20261125_000004_audit::Migration),
            Box::new(m20261126_000004_node_revision::Migration),
            Box::new(m20261126_000005_sign_in::Migration),
            Box::new(m20261126_000006_administration::Migration),
            Box::new(m20261126_000007_keys::Migration),
            Box::new(m20261126_000008_console::Migration),
            Box::new(m20261126_000009_logs::Migration),
            Box::new(m20261127_000010_overview::Migration),
            Box::new(m20261127_000011_search::Migration),
        ]
    }
}
