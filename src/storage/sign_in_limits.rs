//! Counters of sign-in attempts by account, IP address and browser. They are stored in the database, so that they survive restarts and are
//! shared by all nodes.

use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    domain::{audit::AuditAction, id::UserId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        entity::sign_in_limit,
        raw_sql::statement,
        user_record::normal_email,
    },
};

/// A counter restarts after this time without a failure.
pub const MEMORY: Duration = Duration::from_hours(24);
/// Maximum number of counters. The oldest are deleted first, so that made-up names cannot fill the table.
pub(super) const MOST: i64 = 100_000;

/// What a counter belongs to. Only its hash is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LimitKey(Vec<u8>);

/// How many failures are allowed without a delay, and how long the delay is after more.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The number of failures without a delay.
    pub free: u32,
    /// The longest delay. It starts at one second and doubles with each failure.
    pub longest: Duration,
}

impl LimitKey {
    /// The counter of an email address, whether there is such a user or not.
    pub fn account(email: &str) -> Self {
        Self::new("account", normal_email(email).as_bytes())
    }

    /// The counter of something else of this kind.
    pub fn new(kind: &str, of: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update(kind)
                .chain_update([0])
                .chain_update(of)
                .finalize()
                .to_vec(),
        )
    }

    /// The counter of password confirmations of a signed-in user.
    pub fn confirmation(user: UserId) -> Self {
        Self::new("confirmation", user.0.as_bytes())
    }
}

impl Limit {
    /// The delay after this number of failures.
    pub fn wait(self, failures: u32) -> Duration {
        match failures.checked_sub(self.free) {
            None | Some(0) => Duration::ZERO,
            Some(over) => Duration::from_secs(Ord::min(1_u64.checked_shl(over - 1).unwrap_or(u64::MAX), self.longest.as_secs())),
        }
    }
}

impl Store {
    /// Counts an attempt as failed before it is made, so that parallel attempts have no advantage. If one of the keys is blocked, nothing
    /// is counted, and the result is the end of the block. When the first key, which is the user's own, reaches its limit, an audit entry
    /// is written.
    pub async fn begin_attempt(
        &self,
        by: Option<&Actor>,
        keys: &[(LimitKey, Limit)],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let own = keys.first().map(|(key, _)| key);
        let mut keys: Vec<_> = keys.iter().collect();
        // In a fixed order, so that two transactions cannot deadlock.
        keys.sort_by(|a, b| a.0.cmp(&b.0));
        let transaction = self.begin().await?;
        for (key, limit) in keys {
            match count(&transaction, key, now).await? {
                Ok(failures) => {
                    block(&transaction, key, now.plus(limit.wait(failures))).await?;
                    if let Some((by, id)) = by.and_then(|by| Some((by, by.id?)))
                        && own == Some(key)
                        && failures == limit.free + 1
                    {
                        let entry =
                            Entry::of_user(AuditAction::SignInLimited, UserId(id), &by.name).after(json!({ "failures": limit.free }));
                        audit::add(&transaction, by, entry, now).await?;
                    }
                }
                // The transaction is rolled back, and with it what was counted so far.
                Err(until) => return Ok(Some(until)),
            }
        }
        transaction.commit().await?;
        Ok(None)
    }

    /// Called after a successful attempt: deletes the counters of `cleared`, and removes the attempt from those of `counted`.
    pub async fn attempt_succeeded(&self, cleared: &[LimitKey], counted: &[LimitKey]) -> Result<(), StoreError> {
        let mut keys: Vec<(&LimitKey, bool)> = cleared
            .iter()
            .map(|key| (key, true))
            .chain(counted.iter().map(|key| (key, false)))
            .collect();
        // In the order of `begin_attempt`, so that the two cannot deadlock.
        keys.sort_unstable();
        let transaction = self.begin().await?;
        for (key, is_cleared) in keys {
            if is_cleared {
                reset(&transaction, key).await?;
                continue;
            }
            sign_in_limit::Entity::update_many()
                .col_expr(sign_in_limit::Column::Failures, Expr::col(sign_in_limit::Column::Failures).sub(1))
                .col_expr(sign_in_limit::Column::BlockedUntil, Expr::value(0_i64))
                .filter(
                    sign_in_limit::Column::Key
                        .eq(key.0.clone())
                        .and(sign_in_limit::Column::Failures.gt(0)),
                )
                .exec(&transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Deletes counters older than `before`, and the oldest ones above the maximum number.
    pub(super) async fn delete_old_sign_in_limits(&self, before: Timestamp, batch: i64) -> Result<bool, StoreError> {
        let old = "DELETE FROM sign_in_limits WHERE key IN (SELECT key FROM sign_in_limits WHERE last_at < ? ORDER BY last_at LIMIT ?)";
        let gone = self.execute(old, [before.0.into(), batch.into()]).await?;
        let many = "DELETE FROM sign_in_limits WHERE key IN (SELECT key FROM sign_in_limits ORDER BY last_at DESC LIMIT ? OFFSET ?)";
        let more = self.execute(many, [batch.into(), MOST.into()]).await?;
        Ok(Ord::max(gone, more) >= batch.unsigned_abs())
    }
}

/// Deletes a counter.
pub(super) async fn reset(on: &impl ConnectionTrait, key: &LimitKey) -> Result<(), StoreError> {
    sign_in_limit::Entity::delete_by_id(key.0.clone()).exec(on).await?;
    Ok(())
}

/// Counts a failure, or returns the end of the block if the key is blocked.
async fn count(on: &impl ConnectionTrait, key: &LimitKey, now: Timestamp) -> Result<Result<u32, Timestamp>, StoreError> {
    let backend = on.get_database_backend();
    let sql = "INSERT INTO sign_in_limits (key, failures, blocked_until, last_at) VALUES (?, 1, 0, ?) ON CONFLICT (key) DO UPDATE \
               SET failures = CASE WHEN sign_in_limits.last_at < ? THEN 1 ELSE sign_in_limits.failures + 1 END, last_at = excluded.last_at \
               WHERE sign_in_limits.blocked_until <= ? RETURNING failures";
    let values = [key.0.clone().into(), now.0.into(), now.minus(MEMORY).0.into(), now.0.into()];
    if let Some(row) = on.query_one_raw(statement(backend, sql, values)).await? {
        let failures: i32 = row.try_get("", "failures")?;
        return Ok(Ok(failures.unsigned_abs()));
    }
    let blocked = sign_in_limit::Entity::find_by_id(key.0.clone()).one(on).await?;
    Ok(Err(Timestamp(blocked.map_or(now.0, |limit| limit.blocked_until))))
}

async fn block(on: &impl ConnectionTrait, key: &LimitKey, until: Timestamp) -> Result<(), StoreError> {
    sign_in_limit::Entity::update_many()
        .col_expr(sign_in_limit::Column::BlockedUntil, Expr::value(until.0))
        .filter(sign_in_limit::Column::Key.eq(key.0.clone()))
        .exec(on)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_the_longest() {
        let limit = Limit {
            free: 3,
            longest: Duration::from_secs(300),
        };
        let waits: Vec<_> = [0, 3, 4, 5, 6, 12, 13, 70, u32::MAX]
            .map(|failures| limit.wait(failures).as_secs())
            .into();
        assert_eq!(waits, [0, 0, 1, 2, 4, 256, 300, 300, 300]);
    }

    #[test]
    fn keys_of_different_kinds_differ() {
        assert_eq!(LimitKey::account("A@example.com "), LimitKey::account("a@example.com"));
        assert_ne!(LimitKey::new("a", b"bc"), LimitKey::new("ab", b"c"));
    }
}
