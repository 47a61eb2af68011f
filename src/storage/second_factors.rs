//! Second factors (TOTP) and recovery codes. Secrets are encrypted, and only hashes of the codes are stored.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, Set, sea_query::Expr};
use zeroize::Zeroizing;

use crate::{
    domain::{audit::AuditAction, id::UserId, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        entity::{recovery_code, second_factor},
        sessions::{self, NewSession},
        user_record::UserRecord,
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
        let Some(row) = second_factor::Entity::find_by_id(user.0).one(&self.read).await? else {
            return Ok(None);
        };
        Ok(Some(SecondFactor {
            secret: self.vault.open(user.0, &row.secret_encrypted)?,
            confirmed: row.confirmed_at.is_some(),
        }))
    }

    /// The number of unused recovery codes of a user.
    pub async fn recovery_codes(&self, user: UserId) -> Result<u32, StoreError> {
        let codes = recovery_code::Entity::find().filter(recovery_code::Column::UserId.eq(user.0));
        Ok(codes.count(&self.read).await?.try_into().unwrap_or(u32::MAX))
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
        let confirmed = second_factor::Entity::update_many()
            .col_expr(second_factor::Column::ConfirmedAt, Expr::value(session.now.0))
            .col_expr(second_factor::Column::LastStep, Expr::value(step_value(step)))
            .filter(
                second_factor::Column::Id
                    .eq(user.0)
                    .and(second_factor::Column::ConfirmedAt.is_null()),
            )
            .exec(&transaction)
            .await?;
        if confirmed.rows_affected == 0 {
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
        let step = step_value(step);
        let used = second_factor::Entity::update_many()
            .col_expr(second_factor::Column::LastStep, Expr::value(step))
            .filter(
                second_factor::Column::Id
                    .eq(user.0)
                    .and(second_factor::Column::ConfirmedAt.is_not_null()),
            )
            .filter(second_factor::Column::LastStep.lt(step))
            .exec(&self.write)
            .await?;
        Ok(used.rows_affected > 0)
    }

    /// Accepts a recovery code and deletes it.
    pub async fn use_recovery_code(&self, user: UserId, hash: Vec<u8>) -> Result<bool, StoreError> {
        let used = recovery_code::Entity::delete_by_id((user.0, hash)).exec(&self.write).await?;
        Ok(used.rows_affected > 0)
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
        let removed = second_factor::Entity::delete_by_id(user.0).exec(&transaction).await?;
        if removed.rows_affected == 0 {
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
    let former = recovery_code::Entity::delete_many().filter(recovery_code::Column::UserId.eq(user.0));
    former.exec(on).await?;
    let codes = codes.into_iter().map(|code_hash| recovery_code::ActiveModel {
        user_id: Set(user.0),
        code_hash: Set(code_hash),
    });
    recovery_code::Entity::insert_many(codes).exec_without_returning(on).await?;
    Ok(())
}
