//! Which master key the database is sealed with, and its rotation: every sealed value is sealed anew, a few at a time. A value
//! that the new key opens is done, so that a rotation which was interrupted goes on where it ended.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Value};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    domain::{audit::AuditAction, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        bulk::statement,
        nodes::NOW,
    },
    vault::{Fingerprint, Vault},
};

/// Every column that holds sealed values, each bound to its row's `id`. Their names end with `_encrypted`.
pub const SEALED: [(&str, &str); 3] = [
    ("webhook_headers", "value_encrypted"),
    ("webhook_secrets", "secret_encrypted"),
    ("second_factors", "secret_encrypted"),
];
/// Values of one transaction.
const BATCH: u64 = 100;

/// Why a key cannot be used, or not be rotated.
#[derive(Debug, Error)]
pub enum KeyError {
    /// Another key made this database.
    #[error(
        "this master key is not the one that the database is sealed with; set CLEARHOOK_MASTER_KEY (or put back master.key in the data \
         directory); if a rotation was interrupted, run `clearhook master-key rotate` again"
    )]
    Other,
    /// A rotation has not come to its end.
    #[error("a rotation of the master key was begun and has not ended; run `clearhook master-key rotate` again, then start")]
    Rotating,
    /// A rotation to yet another key has not come to its end.
    #[error("a rotation to another new key was begun and has not ended; give that key with CLEARHOOK_NEW_MASTER_KEY or --new-key-file")]
    RotatingToOther,
    /// Nodes would go on with the old key.
    #[error("{0} node(s) use this database; stop every `clearhook serve` (one that was killed counts for 30 s), then rotate")]
    InUse(i64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for KeyError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Where a rotation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Values are to be sealed anew.
    Begun,
    /// All are sealed with the new key already.
    Ended,
}

/// A place among all sealed values: a column of [`SEALED`], and the last row that was looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    column: usize,
    row: Uuid,
}

#[derive(FromQueryResult)]
struct Keys {
    current: String,
    next: Option<String>,
}

#[derive(FromQueryResult)]
struct Sealed {
    id: Uuid,
    value: Vec<u8>,
}

impl Store {
    /// Makes sure that this store's key is the one that the database is sealed with. A database without any takes it.
    pub async fn check_key(&self) -> Result<(), KeyError> {
        let own = self.vault.fingerprint();
        let keys = match self.keys().await? {
            Some(keys) => keys,
            None => self.adopt_key(own).await?,
        };
        match keys.next {
            Some(_) => Err(KeyError::Rotating),
            None if keys.current == own.0 => Ok(()),
            None => Err(KeyError::Other),
        }
    }

    /// Whether the database is sealed with a key.
    pub async fn has_key(&self) -> Result<bool, KeyError> {
        if self.keys().await?.is_some() {
            return Ok(true);
        }
        for (table, column) in SEALED {
            if !self.sealed_after(table, column, Uuid::nil(), 1).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same store under another key.
    #[must_use]
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault, ..self }
    }

    /// A database that is older than the note of its key, or empty.
    async fn adopt_key(&self, own: &Fingerprint) -> Result<Keys, KeyError> {
        for (table, column) in SEALED {
            if let Some(any) = self.sealed_after(table, column, Uuid::nil(), 1).await?.first()
                && self.vault.open(any.id, &any.value).is_err()
            {
                return Err(KeyError::Other);
            }
        }
        let sql = "INSERT INTO master_keys (id, current) VALUES (1, ?) ON CONFLICT DO NOTHING";
        self.execute(sql, [own.0.as_str().into()]).await?;
        self.keys().await?.ok_or(KeyError::Other)
    }

    /// Begins to seal everything with another key, or goes on with it. From now on no service starts until it has ended.
    pub async fn begin_rotation(&self, to: &Vault) -> Result<Rotation, KeyError> {
        let (from, to) = (self.vault.fingerprint(), to.fingerprint());
        let keys = match self.keys().await? {
            Some(keys) => keys,
            None => self.adopt_key(from).await?,
        };
        if keys.next.is_none() && keys.current == to.0 {
            return Ok(Rotation::Ended);
        }
        if keys.current != from.0 {
            return Err(KeyError::Other);
        }
        let is_new = keys.next.is_none();
        let sql = "UPDATE master_keys SET next = ? WHERE id = 1 AND current = ? AND (next IS NULL OR next = ?)";
        let values = [to.0.as_str().into(), from.0.as_str().into(), to.0.as_str().into()];
        if self.execute(sql, values).await? == 0 {
            return Err(KeyError::RotatingToOther);
        }
        // A node looks at the note after it has taken its lease, and this looks at leases after the note: one of them sees the other.
        let nodes = self.live_nodes().await?;
        if nodes > 0 {
            if is_new {
                self.execute("UPDATE master_keys SET next = NULL WHERE id = 1", []).await?;
            }
            return Err(KeyError::InUse(nodes));
        }
        Ok(Rotation::Begun)
    }

    /// Seals the next few values anew. Answers how many it looked at, and where to go on; `None` when that was the last one.
    pub async fn reseal(&self, to: &Vault, from: Place) -> Result<(usize, Option<Place>), KeyError> {
        let Some((table, column)) = SEALED.get(from.column) else {
            return Ok((0, None));
        };
        let transaction = self.begin().await?;
        let found = sealed_after(&transaction, table, column, from.row, BATCH).await?;
        let sql = format!("UPDATE {table} SET {column} = ? WHERE id = ?");
        for value in &found {
            if to.open(value.id, &value.value).is_ok() {
                continue;
            }
            let plain = self.vault.open(value.id, &value.value).map_err(StoreError::from)?;
            let values = [to.seal(value.id, &plain).into(), value.id.into()];
            transaction.execute_raw(statement(self.backend(), &sql, values)).await?;
        }
        transaction.commit().await?;
        let next = match found.last() {
            Some(last) => Place { row: last.id, ..from },
            None => Place {
                column: from.column + 1,
                row: Uuid::nil(),
            },
        };
        Ok((found.len(), (next.column < SEALED.len()).then_some(next)))
    }

    /// Notes that everything is sealed with the new key, and lets services start.
    pub async fn end_rotation(&self, by: &Actor, to: &Vault) -> Result<(), KeyError> {
        let to = to.fingerprint().0.as_str();
        let sql = "UPDATE master_keys SET current = ?, next = NULL WHERE id = 1 AND next = ?";
        let transaction = self.begin().await?;
        let ended = statement(self.backend(), sql, [to.into(), to.into()]);
        if transaction.execute_raw(ended).await?.rows_affected() > 0 {
            audit::add(&transaction, by, Entry::of_server(AuditAction::MasterKeyRotated), Timestamp::now()).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Writes anew what holds sealed values: what was sealed with an old key is not to stay between rows, where databases leave what they
    /// overwrite.
    pub async fn leave_no_trace(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Sqlite {
            self.write.execute_unprepared("VACUUM").await?;
            self.write.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            return Ok(());
        }
        for (table, _) in SEALED {
            self.write.execute_unprepared(&format!("VACUUM FULL {table}")).await?;
        }
        Ok(())
    }

    async fn keys(&self) -> Result<Option<Keys>, StoreError> {
        let sql = statement(self.backend(), "SELECT current, next FROM master_keys WHERE id = 1", []);
        Ok(Keys::find_by_statement(sql).one(&self.write).await?)
    }

    async fn live_nodes(&self) -> Result<i64, StoreError> {
        if !self.is_shared() {
            return Ok(0);
        }
        let sql = statement(
            self.backend(),
            &format!("SELECT COUNT(*) AS live FROM nodes WHERE lease_until > {NOW}"),
            [],
        );
        let row = self.write.query_one_raw(sql).await?;
        Ok(row.map(|row| row.try_get("", "live")).transpose()?.unwrap_or_default())
    }

    async fn sealed_after(&self, table: &str, column: &str, row: Uuid, limit: u64) -> Result<Vec<Sealed>, StoreError> {
        sealed_after(&self.write, table, column, row, limit).await
    }
}

async fn sealed_after(on: &impl ConnectionTrait, table: &str, column: &str, row: Uuid, limit: u64) -> Result<Vec<Sealed>, StoreError> {
    let sql = format!("SELECT id, {column} AS value FROM {table} WHERE id > ? AND {column} IS NOT NULL ORDER BY id LIMIT {limit}");
    let values: [Value; 1] = [row.into()];
    Ok(Sealed::find_by_statement(statement(on.get_database_backend(), &sql, values))
        .all(on)
        .await?)
}
