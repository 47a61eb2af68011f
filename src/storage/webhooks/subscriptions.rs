//! The webhooks that are subscribed to an event type.

use std::collections::{HashMap, HashSet};

use sea_orm::{FromQueryResult, Order, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use crate::{
    domain::{event_type::EventType, id::UserId},
    storage::{
        Store, StoreError,
        entity::webhook,
        raw_sql::statement,
        webhooks::{OWNED, WebhookFilter, WebhookRecord, list::filtered},
    },
};

/// SQL for the ids of webhooks that are subscribed by a pattern.
const WITH_PATTERNS: &str = "(SELECT webhook_id FROM webhook_events WHERE event_type LIKE '%*')";

/// The number of webhooks per event type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionCounts {
    /// Per type, the number of those webhooks that are subscribed without patterns.
    exact: HashMap<String, u64>,
    /// Per type or pattern, those webhooks that are subscribed by a pattern. They may match a type more than once.
    others: HashMap<String, HashSet<Uuid>>,
}

impl SubscriptionCounts {
    /// The number of webhooks that are subscribed to a type, by its name or by a pattern.
    pub fn of(&self, event_type: &EventType) -> u64 {
        let patterns = event_type.patterns();
        let sets: Vec<_> = patterns.iter().filter_map(|pattern| self.others.get(pattern)).collect();
        let others = match sets.as_slice() {
            [] => 0,
            [one] => one.len(),
            several => several.iter().copied().flatten().collect::<HashSet<_>>().len(),
        };
        self.exact.get(event_type.as_str()).copied().unwrap_or(0) + others as u64
    }
}

impl Store {
    /// The number of subscribed webhooks per event type, either of one owner or of all. Deleted webhooks have no subscriptions.
    pub async fn subscription_counts(&self, owner: Option<UserId>) -> Result<SubscriptionCounts, StoreError> {
        #[derive(FromQueryResult)]
        struct CountRow {
            event_type: String,
            count: i64,
        }
        #[derive(FromQueryResult)]
        struct SubscriptionRow {
            event_type: String,
            webhook_id: Uuid,
        }
        let owned = owner.map_or_else(String::new, |_| format!("AND webhook_id IN {OWNED}"));
        let values: Vec<sea_orm::Value> = owner.map(|owner| owner.0.into()).into_iter().collect();
        let sql = format!(
            "SELECT event_type, COUNT(*) AS count FROM webhook_events WHERE webhook_id NOT IN {WITH_PATTERNS} {owned} GROUP BY event_type"
        );
        let exact = CountRow::find_by_statement(statement(self.backend(), &sql, values.clone())).all(&self.read);
        let sql = format!("SELECT event_type, webhook_id FROM webhook_events WHERE webhook_id IN {WITH_PATTERNS} {owned}");
        let others = SubscriptionRow::find_by_statement(statement(self.backend(), &sql, values)).all(&self.read);
        let (exact, others) = tokio::try_join!(exact, others)?;
        let mut counts = SubscriptionCounts {
            exact: exact.into_iter().map(|row| (row.event_type, row.count.unsigned_abs())).collect(),
            others: HashMap::new(),
        };
        for row in others {
            counts.others.entry(row.event_type).or_default().insert(row.webhook_id);
        }
        Ok(counts)
    }

    /// The first `rows` webhooks that match a filter, sorted by name.
    pub async fn first_by_name(&self, filter: &WebhookFilter, rows: u64) -> Result<Vec<WebhookRecord>, StoreError> {
        let by_name = filtered(filter, self.backend()).order_by(Expr::cust("lower(name)"), Order::Asc);
        let rows = by_name.order_by_asc(webhook::Column::Id).limit(rows).all(&self.read).await?;
        self.complete(&self.read, rows).await
    }
}
