//! The current status of a delivery.

use sea_orm::FromQueryResult;

use crate::{
    domain::{callback::Trigger, delivery::DeliveryState, id::DeliveryId, timestamp::Timestamp},
    storage::{Store, StoreError, batch_insert::statement, priority},
};

/// The current status of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: DeliveryState,
    /// The trigger of the next attempt, or of the one in progress.
    pub next: Trigger,
    /// When the next attempt is due. `None` also if the delivery waits for an earlier one with the same subject.
    pub due: Option<Timestamp>,
    /// The number of attempts so far.
    pub attempts: u32,
    /// Why it failed or is held.
    pub reason: Option<String>,
}

impl Store {
    /// The status of a delivery. `None` if the delivery does not exist, for example because its retention period is over.
    pub async fn standing(&self, delivery: DeliveryId) -> Result<Option<Standing>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            state: String,
            next_trigger: String,
            due_at: Option<i64>,
            attempts: i32,
            reason: Option<String>,
        }
        let sql = "SELECT state, next_trigger, due_at, attempts, reason FROM deliveries WHERE id = ?";
        let row = Row::find_by_statement(statement(self.backend(), sql, [delivery.0.into()]))
            .one(&self.read)
            .await?;
        row.map(|row| {
            Ok(Standing {
                state: row.state.parse()?,
                next: row.next_trigger.parse()?,
                due: row.due_at.map(priority::due),
                attempts: u32::try_from(row.attempts).unwrap_or(0),
                reason: row.reason,
            })
        })
        .transpose()
    }
}
