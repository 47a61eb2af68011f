//! Checks of the database, its version, its master key, and the clock.

use std::path::Path;

use super::report::Finding;
use crate::{
    config::Config,
    domain::timestamp::Timestamp,
    storage::{DatabaseUrl, Store, diagnosis::FileCheck, master_key::KeyError, open::OpenError, partitions::PartitionReport},
    vault::{MasterKey, Vault},
};

/// How far the clocks of two machines may differ without a warning, in milliseconds.
const CLOCK_WARNING: i64 = 2_000;
/// From this difference on the log of callbacks misleads, and receivers may soon refuse signatures (Standard Webhooks: 5 minutes are usual),
/// in milliseconds.
const CLOCK_ERROR: i64 = 30_000;
/// How far a row may be ahead of the clock: the clock may have been corrected a little since, in milliseconds.
const AHEAD: i64 = 5_000;
/// No clock that is right shows an earlier time: when this program was released, in milliseconds since 1970.
const RELEASED: i64 = 1_764_288_000_000;

/// Opens the database as it is. Returns it if it can be used.
pub(super) async fn open(config: &Config, findings: &mut Vec<Finding>) -> Option<Store> {
    let stored = match &config.master_key {
        Some(key) => Ok(Some(key.clone())),
        None => config.data_dir.stored_master_key(),
    };
    let key = match stored {
        Ok(key) => key,
        Err(error) => {
            findings.push(Finding::of_sentence("master key", &error.to_string()));
            None
        }
    };
    if let DatabaseUrl::Sqlite(path) = &config.database
        && !path.exists()
    {
        findings.push(Finding::warning(
            "database",
            format!("there is no database at {} yet", path.display()),
            "`clearhook serve` creates it at its first start; if there should be one, check --data-dir and --database-url",
        ));
        return None;
    }
    let vault = Vault::new(&key.clone().unwrap_or_else(MasterKey::generate));
    let store = match Store::open(&config.database, vault, false).await {
        Ok(store) => store,
        Err(OpenError::Outdated) => {
            findings.push(Finding::ok("database", format!("{} can be opened", config.database)));
            findings.push(Finding::warning(
                "migrations",
                "the database is of an older version",
                "run `clearhook backup`, then `clearhook migrate`; `clearhook serve` also migrates unless it has --no-migrate",
            ));
            return None;
        }
        Err(OpenError::Newer(migration)) => {
            findings.push(Finding::ok("database", format!("{} can be opened", config.database)));
            findings.push(Finding::error(
                "migrations",
                format!("the database was migrated by a newer clearhook (it has the migration {migration})"),
                "use that version, or restore an older backup",
            ));
            return None;
        }
        Err(error) => {
            findings.push(Finding::of_sentence("database", &error.to_string()));
            return None;
        }
    };
    findings.push(usable(&store, config).await);
    findings.push(Finding::ok("migrations", "all migrations are applied"));
    findings.extend(partitions(&store).await);
    findings.push(fits(&store, config, key.as_ref()).await);
    Some(store)
}

/// Whether it can be written, and is intact.
async fn usable(store: &Store, config: &Config) -> Finding {
    if let Err(error) = store.check_writable().await {
        return Finding::of_sentence("database", &error.to_string());
    }
    match store.check_pages().await {
        Ok(FileCheck::Damaged(what)) => Finding::error(
            "database",
            format!("{} is damaged: {what}", config.database),
            "stop clearhook and restore a backup with `clearhook restore`",
        ),
        Ok(FileCheck::Intact) => Finding::ok("database", format!("{} can be written and is intact", config.database)),
        Ok(FileCheck::NotChecked) => Finding::ok("database", format!("{} can be written", config.database)),
        Err(error) => Finding::of_sentence("database", &error.to_string()),
    }
}

/// Whether PostgreSQL has partitions for what will be stored.
async fn partitions(store: &Store) -> Option<Finding> {
    let report = match store.partition_report().await {
        Ok(report) => report?,
        Err(error) => return Some(Finding::of_sentence("partitions", &error.to_string())),
    };
    let create = "start the service or run `clearhook migrate`, which create those of the next months";
    let as_owner = "run `clearhook migrate` as the owner of the tables at least once a month, or make this role their owner and grant it CREATE on \
                    the schema";
    Some(match report {
        PartitionReport {
            until: None, may_create, ..
        } => Finding::error(
            "partitions",
            "the tables have no partition for this month, so no event can be stored",
            if may_create { create } else { as_owner },
        ),
        PartitionReport {
            until: Some(until),
            may_create: false,
            ..
        } => Finding::warning(
            "partitions",
            format!("this role may not create partitions, and there are some until {until} only"),
            as_owner,
        ),
        PartitionReport {
            until: Some(until),
            is_ahead: false,
            ..
        } => Finding::warning("partitions", format!("there are partitions until {until} only"), create),
        PartitionReport { until: Some(until), .. } => Finding::ok("partitions", format!("there are partitions until {until}")),
    })
}

/// Whether the master key is the one of the database.
async fn fits(store: &Store, config: &Config, key: Option<&MasterKey>) -> Finding {
    let restore = "restore master.key from where you keep it, or set CLEARHOOK_MASTER_KEY";
    if key.is_none() {
        return match store.has_key().await {
            Ok(true) => Finding::error(
                "master key",
                format!(
                    "the master key of the database is neither set nor in {}",
                    key_file(config.data_dir.path())
                ),
                restore,
            ),
            Ok(false) => Finding::ok(
                "master key",
                "the database has no secrets yet; a key is generated at the first start",
            ),
            Err(error) => Finding::of_sentence("master key", &error.to_string()),
        };
    }
    match store.check_key().await {
        Ok(()) if config.master_key.is_none() => Finding::ok(
            "master key",
            format!(
                "{} is the key of the database; keep a copy of it apart from backups",
                key_file(config.data_dir.path())
            ),
        ),
        Ok(()) => Finding::ok("master key", "CLEARHOOK_MASTER_KEY is the key of the database"),
        Err(KeyError::Other) => Finding::error("master key", "the database was encrypted with another master key", restore),
        Err(error) => Finding::of_sentence("master key", &error.to_string()),
    }
}

fn key_file(data_dir: &Path) -> String {
    data_dir.join("master.key").display().to_string()
}

/// Whether the clock is right, as far as the database can tell.
pub(super) async fn clock(store: Option<&Store>) -> Finding {
    let now = Timestamp::now();
    let set = "set the clock, and keep it right with NTP (such as systemd-timesyncd or chrony)";
    if now.0 < RELEASED {
        return Finding::error("clock", format!("the clock shows {}, which is in the past", now.rfc3339()), set);
    }
    let Some(store) = store else {
        return Finding::ok("clock", format!("the clock shows {}", now.rfc3339()));
    };
    match store.newest_row().await {
        Ok(Some(newest)) if newest.0 > now.0 + AHEAD => {
            return Finding::error(
                "clock",
                format!(
                    "the clock shows {}, but the newest row of the database is of {}",
                    now.rfc3339(),
                    newest.rfc3339()
                ),
                set,
            );
        }
        Ok(_) => {}
        Err(error) => return Finding::of_sentence("clock", &error.to_string()),
    }
    match store.clock_lead().await {
        Ok(Some((lead, took))) => {
            let most = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
            let differs = lead.abs().saturating_sub(most);
            let message = format!("the clocks of this machine and of the database differ by {} s", lead.abs() / 1_000);
            match differs {
                CLOCK_ERROR.. => Finding::error("clock", message, set),
                CLOCK_WARNING.. => Finding::warning("clock", message, set),
                _ => Finding::ok("clock", "the clocks of this machine and of the database agree"),
            }
        }
        Ok(None) => Finding::ok("clock", format!("the clock shows {}", now.rfc3339())),
        Err(error) => Finding::of_sentence("clock", &error.to_string()),
    }
}
