//! A request with an `Idempotency-Key`, on whose behalf a task works.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    domain::{id::ApiKeyId, timestamp::Timestamp},
    storage::entity::idempotency_key,
};

tokio::task_local! {
    /// The request on whose behalf the present task works.
    static CURRENT: OnceRequest;
}

/// A request with an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceRequest {
    pub(super) id: Uuid,
    pub(super) api_key: ApiKeyId,
    pub(super) fingerprint: [u8; 32],
    pub(super) started_at: Timestamp,
}

impl OnceRequest {
    /// The request of an API key with this `Idempotency-Key`. `fingerprint` is a hash of everything that it asks for.
    pub fn new(api_key: ApiKeyId, key: &str, fingerprint: [u8; 32], now: Timestamp) -> Self {
        let hash = Sha256::new().chain_update(api_key.0.as_bytes()).chain_update(key).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        Self {
            id: uuid::Builder::from_custom_bytes(id).into_uuid(),
            api_key,
            fingerprint,
            started_at: now,
        }
    }

    /// Carries out the request: all transactions of the future are its own.
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        CURRENT.scope(self.clone(), future).await
    }

    /// An id that the request gives to what it creates. It is the same when the request is repeated after it was lost. `None` for a request
    /// without an `Idempotency-Key`.
    pub fn id_of_current() -> Option<Uuid> {
        CURRENT
            .try_with(|request| {
                let hash = Sha256::new().chain_update(request.id).chain_update(request.fingerprint).finalize();
                let mut id = [0; 16];
                id.copy_from_slice(&hash[..16]);
                uuid::Builder::from_custom_bytes(id).into_uuid()
            })
            .ok()
    }
}

/// Notes in a transaction that the present request is carried out with it. Fails if the request counted as lost meanwhile and was begun again,
/// so that only one of both commits.
pub(super) async fn note_carried_out(transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    let Ok(request) = CURRENT.try_with(OnceRequest::clone) else {
        return Ok(());
    };
    let noted = idempotency_key::Entity::update_many()
        .col_expr(idempotency_key::Column::CarriedOut, Expr::value(true))
        .filter(idempotency_key::Column::Id.eq(request.id))
        .filter(idempotency_key::Column::StartedAt.eq(request.started_at.0))
        .exec(transaction)
        .await?;
    if noted.rows_affected == 0 {
        return Err(DbErr::Custom("the request took so long that its repetition has begun".to_owned()));
    }
    Ok(())
}
