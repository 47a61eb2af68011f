//! Second factors (TOTP) and recovery codes. Secrets are encrypted, and only hashes of the codes are stored.

use sea_orm::ConnectionTrait;
use zeroize::Zeroizing;

use crate::{
    domain::{audit::AuditAction, id::UserId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        batch_insert::{Insert, statement},
        sessions::{self, NewSession},
        users::UserRecord,
    },
};

/// A user's second factor.
pub struct SecondFactor {
    /// The shared secret.
    pub secret: Zeroizing<Vec<u8>>,
    /// Whether a valid code was entered once. Only then it is required at sign-in.
    pub confirmed: bool,
}

impl Store {
    /// The second factor of a user, confirmed or not.
    pub async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        let sql = "SELECT secret_encrypted, confirmed_at FROM second_factors WHERE id = ?";
        let Some(row) = self.read.query_one_raw(statement(self.backend(), sql, [user.0.into()])).await? else {
            return Ok(None);
        };
        let (sealed, confirmed_at): (Vec<u8>, Option<i64>) = (row.try_get("", "secret_encrypted")?, row.try_get("", "confirmed_at")?);
        Ok(Some(SecondFactor {
            secret: self.vault.open(user.0, &sealed)?,
            confirmed: confirmed_at.is_some(),
        }))
    }

    /// The number of unused recovery codes of a user.
    pub async fn recovery_codes(&self, user: UserId) -> Result<u32, StoreError> {
        let sql = "SELECT COUNT(*) AS n FROM recovery_codes WHERE user_id = ?";
        let row = self.read.query_one_raw(statement(self.backend(), sql, [user.0.into()])).await?;
        let count: Option<i64> = row.map(|row| row.try_get("", "n")).transpose()?;
        Ok(count.and_then(|count| count.try_into().ok()).unwrap_or(0))
    }

    /// Stores an unconfirmed secret. Does nothing if the user has a confirmed one.
    pub async fn begin_second_factor(&self, user: UserId, secret: &[u8], now: Timestamp) -> Result<(), StoreError> {
        let sealed = self.vault.seal(user.0, secret);
        let sql = "INSERT INTO second_factors (id, secret_encrypted, last_step, created_at) VALUES (?, ?, 0, ?) \
                   ON CONFLICT (id) DO UPDATE SET secret_encrypted = excluded.secret_encrypted, created_at = excluded.created_at \
                   WHERE second_factors.confirmed_at IS NULL";
        self.execute(sql, [user.0.into(), sealed.into(), now.0.into()]).await?;
        Ok(())
    }

    /// Confirms the second factor, so that it is required from now on. Ends all sessions except the new one. Returns false if it was
    /// already confirmed.
    pub async fn confirm_second_factor(
        &self,
        by: &Actor,
        user: UserId,
        step: u64,
        codes: Vec<Vec<u8>>,
        session: &NewSession,
    ) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let sql = "UPDATE second_factors SET confirmed_at = ?, last_step = ? WHERE id = ? AND confirmed_at IS NULL";
        let values = [session.now.0.into(), step_value(step).into(), user.0.into()];
        let confirmed = transaction.execute_raw(statement(self.backend(), sql, values)).await?;
        if confirmed.rows_affected() == 0 {
            return Ok(false);
        }
        replace_codes(&transaction, user, codes).await?;
        sessions::replace_all(&transaction, user, Some(session)).await?;
        let entry = Entry::of_user(AuditAction::SecondFactorAdded, user, &by.name);
        audit::add(&transaction, by, entry, session.now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Accepts a code of this time step, unless a code of this or a later step was used before.
    pub async fn use_step(&self, user: UserId, step: u64) -> Result<bool, StoreError> {
        let sql = "UPDATE second_factors SET last_step = ? WHERE id = ? AND last_step < ? AND confirmed_at IS NOT NULL";
        let step = step_value(step);
        Ok(self.execute(sql, [step.into(), user.0.into(), step.into()]).await? > 0)
    }

    /// Accepts a recovery code and deletes it.
    pub async fn use_recovery_code(&self, user: UserId, hash: Vec<u8>) -> Result<bool, StoreError> {
        let sql = "DELETE FROM recovery_codes WHERE user_id = ? AND code_hash = ?";
        Ok(self.execute(sql, [user.0.into(), hash.into()]).await? > 0)
    }

    /// Replaces the recovery codes of a user.
    pub async fn renew_recovery_codes(&self, by: &Actor, user: UserId, codes: Vec<Vec<u8>>, now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        replace_codes(&transaction, user, codes).await?;
        let entry = Entry::of_user(AuditAction::RecoveryCodesRenewed, user, &by.name);
        audit::add(&transaction, by, entry, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Removes a user's second factor, and ends all sessions except the new one, if any. Returns false if there was none.
    pub async fn remove_second_factor(&self, by: &Actor, user: &UserRecord, session: Option<&NewSession>) -> Result<bool, StoreError> {
        let (transaction, email, user) = (self.begin().await?, &user.email, user.id);
        let sql = "DELETE FROM second_factors WHERE id = ?";
        let removed = transaction.execute_raw(statement(self.backend(), sql, [user.0.into()])).await?;
        if removed.rows_affected() == 0 {
            return Ok(false);
        }
        replace_codes(&transaction, user, Vec::new()).await?;
        sessions::replace_all(&transaction, user, session).await?;
        let entry = Entry::of_user(AuditAction::SecondFactorRemoved, user, email);
        audit::add(&transaction, by, entry, session.map_or_else(Timestamp::now, |session| session.now)).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

fn step_value(step: u64) -> i64 {
    i64::try_from(step).unwrap_or(i64::MAX)
}

async fn replace_codes(on: &impl ConnectionTrait, user: UserId, codes: Vec<Vec<u8>>) -> Result<(), StoreError> {
    const ROWS: Insert<2> = Insert {
        table: "recovery_codes",
        columns: ["user_id", "code_hash"],
        tail: "",
    };
    let sql = "DELETE FROM recovery_codes WHERE user_id = ?";
    on.execute_raw(statement(on.get_database_backend(), sql, [user.0.into()])).await?;
    ROWS.run(on, codes.into_iter().map(|hash| [user.0.into(), hash.into()]).collect())
        .await?;
    Ok(())
}
