//! Who hears of what.

use std::collections::HashMap;

use sea_orm::FromQueryResult;

use crate::{
    catalogue::EventType,
    domain::id::UserId,
    storage::{Store, StoreError, bulk::statement},
};

impl Store {
    /// How many webhooks hear of each event, those of this owner or all. A deleted webhook hears of nothing.
    pub async fn hearing(&self, owner: Option<UserId>) -> Result<HashMap<EventType, u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            event_type: String,
            count: i64,
        }
        let of_owner = owner.map_or(
            "",
            |_| "WHERE webhook_id IN (SELECT webhook_id FROM webhook_owners WHERE user_id = ?)",
        );
        let sql = format!("SELECT event_type, COUNT(*) AS count FROM webhook_events {of_owner} GROUP BY event_type");
        let values = owner.map(|owner| owner.0.into());
        let rows = Row::find_by_statement(statement(self.backend(), &sql, values))
            .all(&self.read)
            .await?;
        let count = |row: Row| {
            let event = row.event_type.parse().map_err(|_| StoreError::Corrupt(row.event_type.clone()))?;
            Ok((event, row.count.unsigned_abs()))
        };
        rows.into_iter().map(count).collect()
    }
}
