//! The fingerprint of the database's master key, and its rotation. A rotation re-encrypts every sealed value in small batches. Values that
//! the new key already decrypts are skipped, so that an interrupted rotation can be resumed.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, FromQueryResult, PaginatorTrait, QueryFilter, Set, Value,
    sea_query::{Expr, OnConflict},
};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    domain::{audit::AuditAction, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        database_clock::NOW,
        entity::{master_key, node},
        raw_sql::statement,
    },
    vault::{Fingerprint, Vault},
};

/// All columns with encrypted values, each bound to the `id` of its row. Their names end with `_encrypted`.
pub const SEALED: [(&str, &str); 4] = [
    ("webhook_headers", "value_encrypted"),
    ("webhook_secrets", "secret_encrypted"),
    ("second_factors", "secret_encrypted"),
    ("idempotency_keys", "response_encrypted"),
];
/// Values per transaction.
const BATCH: u64 = 100;

/// Why a key cannot be used or rotated.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The database was encrypted with another key.
    #[error(
        "this master key is not the one that the database was encrypted with; set CLEARHOOK_MASTER_KEY (or restore master.key in the data \
         directory); if a rotation was interrupted, run `clearhook master-key rotate` again"
    )]
    Other,
    /// A rotation is not complete.
    #[error("a rotation of the master key is not complete; run `clearhook master-key rotate` again, then start clearhook")]
    Rotating,
    /// A rotation to a different new key is not complete.
    #[error("a rotation to a different new key is not complete; pass that key with CLEARHOOK_NEW_MASTER_KEY or --new-key-file")]
    RotatingToOther,
    /// Nodes are running, and would continue to use the old key.
    #[error("{0} node(s) use this database; stop every `clearhook serve`, then rotate (a node that was killed counts for another 30 s)")]
    InUse(u64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for KeyError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// The state of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Values have to be re-encrypted.
    Begun,
    /// All values are already encrypted with the new key.
    Ended,
}

/// The position of a rotation: the index of a column in [`SEALED`], and the last processed row.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResealCursor {
    column: usize,
    row: Uuid,
}

/// The id of the only row of `master_keys`.
const ROW: i32 = 1;

#[derive(FromQueryResult)]
struct EncryptedValue {
    id: Uuid,
    value: Vec<u8>,
}

impl Store {
    /// Checks that this store's key is the one that the database is encrypted with. A database that has no key yet is bound to this one.
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

    /// Whether the database has a key, or values that are encrypted with one.
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

    /// The same store with another key.
    #[must_use]
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault, ..self }
    }

    /// Stores the fingerprint of the key in a database that has none: a new one, or one from before fingerprints were stored.
    async fn adopt_key(&self, own: &Fingerprint) -> Result<master_key::Model, KeyError> {
        for (table, column) in SEALED {
            if let Some(any) = self.sealed_after(table, column, Uuid::nil(), 1).await?.first()
                && self.vault.open(any.id, &any.value).is_err()
            {
                return Err(KeyError::Other);
            }
        }
        let key = master_key::ActiveModel {
            id: Set(ROW),
            current: Set(own.0.clone()),
            next: Set(None),
        };
        // Another node may have stored its key in the meantime.
        master_key::Entity::insert(key)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&self.write)
            .await?;
        self.keys().await?.ok_or(KeyError::Other)
    }

    /// Starts or resumes a rotation. From now on no service starts until it is complete.
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
        let same = master_key::Column::Next.eq(to.0.as_str());
        let begun = master_key::Entity::update_many()
            .col_expr(master_key::Column::Next, Expr::value(to.0.as_str()))
            .filter(master_key::Column::Id.eq(ROW).and(master_key::Column::Current.eq(from.0.as_str())))
            .filter(master_key::Column::Next.is_null().or(same))
            .exec(&self.write)
            .await?;
        if begun.rows_affected == 0 {
            return Err(KeyError::RotatingToOther);
        }
        // A starting node takes its lease and then checks for a rotation; this function records the rotation and then checks for leases. So
        // at least one of them sees the other.
        let nodes = self.live_nodes().await?;
        if nodes > 0 {
            if is_new {
                master_key::Entity::update_many()
                    .col_expr(master_key::Column::Next, Expr::value(None::<String>))
                    .filter(master_key::Column::Id.eq(ROW))
                    .exec(&self.write)
                    .await?;
            }
            return Err(KeyError::InUse(nodes));
        }
        Ok(Rotation::Begun)
    }

    /// Re-encrypts the next batch. Returns the number of processed values, and the position to continue from, or `None` at the end.
    pub async fn reseal(&self, to: &Vault, from: ResealCursor) -> Result<(usize, Option<ResealCursor>), KeyError> {
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
            Some(last) => ResealCursor { row: last.id, ..from },
            None => ResealCursor {
                column: from.column + 1,
                row: Uuid::nil(),
            },
        };
        Ok((found.len(), (next.column < SEALED.len()).then_some(next)))
    }

    /// Records that all values are encrypted with the new key, so that services can start again.
    pub async fn end_rotation(&self, by: &Actor, to: &Vault) -> Result<(), KeyError> {
        let to = to.fingerprint().0.as_str();
        let transaction = self.begin().await?;
        let ended = master_key::Entity::update_many()
            .col_expr(master_key::Column::Current, Expr::value(to))
            .col_expr(master_key::Column::Next, Expr::value(None::<String>))
            .filter(master_key::Column::Id.eq(ROW).and(master_key::Column::Next.eq(to)))
            .exec(&transaction)
            .await?;
        if ended.rows_affected > 0 {
            audit::add(&transaction, by, Entry::of_server(AuditAction::MasterKeyRotated), Timestamp::now()).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Rewrites the tables with encrypted values, because databases leave overwritten values in free space: no value encrypted with the old
    /// key must remain there.
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

    async fn keys(&self) -> Result<Option<master_key::Model>, StoreError> {
        Ok(master_key::Entity::find_by_id(ROW).one(&self.write).await?)
    }

    async fn live_nodes(&self) -> Result<u64, StoreError> {
        if !self.is_shared() {
            return Ok(0);
        }
        let live = node::Entity::find().filter(Expr::cust(format!("lease_until > {NOW}")));
        Ok(live.count(&self.write).await?)
    }

    async fn sealed_after(&self, table: &str, column: &str, row: Uuid, limit: u64) -> Result<Vec<EncryptedValue>, StoreError> {
        sealed_after(&self.write, table, column, row, limit).await
    }
}

async fn sealed_after(
    on: &impl ConnectionTrait,
    table: &str,
    column: &str,
    row: Uuid,
    limit: u64,
) -> Result<Vec<EncryptedValue>, StoreError> {
    let sql = format!("SELECT id, {column} AS value FROM {table} WHERE id > ? AND {column} IS NOT NULL ORDER BY id LIMIT {limit}");
    let values: [Value; 1] = [row.into()];
    Ok(
        EncryptedValue::find_by_statement(statement(on.get_database_backend(), &sql, values))
            .all(on)
            .await?,
    )
}
