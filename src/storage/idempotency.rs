//! Requests with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), so that a request that a client repeats is carried out
//! once. The response is stored encrypted, because it may contain a new secret.
//!
//! Each transaction that a request commits also notes that it was carried out, so a crash between the change and the response never leads
//! to a second execution.

use std::time::Duration;

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, Set,
    sea_query::{Expr, OnConflict},
};
use zeroize::Zeroizing;

pub use crate::storage::once_request::OnceRequest;

use crate::{
    domain::timestamp::Timestamp,
    storage::{Store, StoreError, entity::idempotency_key},
};

/// For how long the response to a request is kept.
pub const MEMORY: Duration = Duration::from_hours(24);
/// After this time a request that did not end counts as lost, for example because its process was killed.
const LOST_AFTER: Duration = Duration::from_secs(120);

/// What is known about a request when it begins.
pub enum Begun {
    /// It is new, or an earlier one was lost: it is to be carried out.
    New,
    /// It was carried out. Its response.
    Done(Zeroizing<Vec<u8>>),
    /// It was carried out, but its process ended before it could store the response.
    ResponseLost,
    /// It is being carried out just now.
    InUse,
    /// The key was used for another request.
    OtherRequest,
}

impl Store {
    /// Begins a request, or finds what became of it. At most one of concurrent requests with the same key is [`Begun::New`].
    pub async fn begin_once(&self, request: &OnceRequest) -> Result<Begun, StoreError> {
        let row = idempotency_key::ActiveModel {
            id: Set(request.id),
            api_key_id: Set(request.api_key.0),
            fingerprint: Set(request.fingerprint.to_vec()),
            started_at: Set(request.started_at.0),
            carried_out: Set(false),
            response_encrypted: Set(None),
        };
        let new = idempotency_key::Entity::insert(row)
            .on_conflict(OnConflict::column(idempotency_key::Column::Id).do_nothing().to_owned())
            .exec_without_returning(&self.write)
            .await?;
        if new > 0 {
            return Ok(Begun::New);
        }
        let found = idempotency_key::Entity::find_by_id(request.id).one(&self.write).await?;
        // Deleted in between: the client may try again.
        let Some(found) = found else { return Ok(Begun::InUse) };
        let age = request.started_at.since(Timestamp(found.started_at));
        let is_over = age >= MEMORY;
        if !is_over && found.fingerprint != request.fingerprint {
            return Ok(Begun::OtherRequest);
        }
        match found.response_encrypted {
            Some(response) if !is_over => Ok(Begun::Done(self.vault.open(request.id, &response)?)),
            None if age < LOST_AFTER => Ok(Begun::InUse),
            None if found.carried_out && !is_over => Ok(Begun::ResponseLost),
            _ => self.begin_again(request, found.started_at, is_over).await,
        }
    }

    /// Takes over a request that was lost or is forgotten, unless another one does so at the same time.
    async fn begin_again(&self, request: &OnceRequest, started_at: i64, is_over: bool) -> Result<Begun, StoreError> {
        let mut update = idempotency_key::Entity::update_many()
            .col_expr(idempotency_key::Column::StartedAt, Expr::value(request.started_at.0))
            .col_expr(idempotency_key::Column::Fingerprint, Expr::value(request.fingerprint.to_vec()))
            .col_expr(idempotency_key::Column::ResponseEncrypted, Expr::value(None::<Vec<u8>>))
            .col_expr(idempotency_key::Column::CarriedOut, Expr::value(false))
            .filter(idempotency_key::Column::Id.eq(request.id))
            .filter(idempotency_key::Column::StartedAt.eq(started_at));
        if !is_over {
            // It may be carried out just now.
            update = update.filter(idempotency_key::Column::CarriedOut.eq(false));
        }
        let taken = update.exec(&self.write).await?;
        Ok(if taken.rows_affected > 0 { Begun::New } else { Begun::InUse })
    }

    /// Stores the response of a request that has begun.
    pub async fn end_once(&self, request: &OnceRequest, response: &[u8]) -> Result<(), StoreError> {
        let sealed = self.vault.seal(request.id, response);
        idempotency_key::Entity::update_many()
            .col_expr(idempotency_key::Column::ResponseEncrypted, Expr::value(sealed))
            .filter(idempotency_key::Column::Id.eq(request.id))
            .filter(idempotency_key::Column::StartedAt.eq(request.started_at.0))
            .exec(&self.write)
            .await?;
        Ok(())
    }

    /// Forgets a request that has begun, so that it can be sent again with the same key, unless it has changed something.
    pub async fn forget_once(&self, request: &OnceRequest) -> Result<(), StoreError> {
        idempotency_key::Entity::delete_many()
            .filter(idempotency_key::Column::Id.eq(request.id))
            .filter(idempotency_key::Column::StartedAt.eq(request.started_at.0))
            .filter(idempotency_key::Column::ResponseEncrypted.is_null())
            .filter(idempotency_key::Column::CarriedOut.eq(false))
            .exec(&self.write)
            .await?;
        Ok(())
    }
}
