//! The current status of a delivery.

use sea_orm::EntityTrait;

use crate::{
    domain::{callback::Trigger, delivery::DeliveryState, id::DeliveryId, timestamp::Timestamp},
    storage::{Store, StoreError, entity::delivery},
};

/// The current status of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// Its state.
    pub state: DeliveryState,
    /// The trigger of the next attempt, or of the one in progress.
    pub next: Trigger,
    /// When the next attempt is due. `None` if the delivery is not pending.
    pub due: Option<Timestamp>,
    /// The number of attempts so far.
    pub attempts: u32,
    /// Why it failed or is held.
    pub reason: Option<String>,
}

impl Store {
    /// The status of a delivery. `None` if the delivery does not exist, for example because its retention period is over.
    pub async fn delivery_status(&self, delivery: DeliveryId) -> Result<Option<DeliveryStatus>, StoreError> {
        let Some(row) = delivery::Entity::find_by_id(delivery.0).one(&self.read).await? else {
            return Ok(None);
        };
        Ok(Some(DeliveryStatus {
            state: row.state.parse()?,
            next: row.next_trigger.parse()?,
            due: row.due_at.map(Timestamp),
            attempts: u32::try_from(row.attempts).unwrap_or(0),
            reason: row.reason,
        }))
    }
}
