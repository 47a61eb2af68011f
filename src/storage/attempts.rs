//! How a delivery stands: what was tried, and what comes next.

use sea_orm::FromQueryResult;

use crate::{
    domain::{callback::Trigger, delivery::DeliveryState, id::DeliveryId, timestamp::Timestamp},
    storage::{Store, StoreError, bulk::statement, line},
};

/// How a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: DeliveryState,
    /// Why the next attempt will be made, or the one under way is.
    pub next: Trigger,
    /// When it is due; `None` also when it waits for an earlier one of its subject.
    pub due: Option<Timestamp>,
    /// Attempts made.
    pub attempts: u32,
    /// Why it failed or is held.
    pub reason: Option<String>,
}

impl Store {
    /// How a delivery stands; `None` when it is too old to be kept.
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
                due: row.due_at.map(line::due),
                attempts: u32::try_from(row.attempts).unwrap_or(0),
                reason: row.reason,
            })
        })
        .transpose()
    }
}
