//! Counts and lists the deliveries of a webhook that wait, are held, or have failed. Each query reads a limited number of rows from the partial
//! index of a state, however many deliveries there are.

use sea_orm::{FromQueryResult, Statement, Value};
use uuid::Uuid;

use crate::{
    domain::{
        delivery::DeliveryState,
        id::{DeliveryId, EventId, WebhookId},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::{Store, StoreError, raw_sql::statement},
};

/// The maximum up to which the deliveries of one state are counted, which takes some milliseconds. One more means "more".
pub const COUNTED_MAX: u64 = 10_000;

/// The place of a parked delivery in the list of waiting ones: it has no due time, so it comes last.
const NO_DUE: i64 = i64::MAX;

/// Which deliveries are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryList {
    /// Those that will be sent: pending, parked and sending ones, in the order of their due time.
    Waiting,
    /// As [`Self::Waiting`], without those that are being sent.
    Pending,
    /// Those that are held, newest first.
    Held,
    /// Those that failed for good, newest first.
    Failed,
}

impl DeliveryList {
    /// The states of the deliveries in the list.
    pub const fn states(self) -> &'static [DeliveryState] {
        match self {
            Self::Waiting => &[DeliveryState::Pending, DeliveryState::Parked, DeliveryState::Sending],
            Self::Pending => &[DeliveryState::Pending, DeliveryState::Parked],
            Self::Held => &[DeliveryState::Held],
            Self::Failed => &[DeliveryState::Failed],
        }
    }
}

/// A listed delivery.
#[derive(Clone, Debug)]
pub struct ListedDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The event.
    pub event: EventId,
    /// The name of the event's type. `None` if the event is no longer stored.
    pub event_type: Option<String>,
    /// The subject of the event, if it has one.
    pub subject: Option<String>,
    /// Its state.
    pub state: DeliveryState,
    /// The number of attempts so far.
    pub attempts: u32,
    /// When the next attempt is due. `None` if the delivery is not pending.
    pub due: Option<Timestamp>,
    /// Why it failed or is held.
    pub reason: Option<String>,
    /// When it was created.
    pub created: Timestamp,
    /// Whether its event was erased, so that it cannot be sent.
    pub is_erased: bool,
    /// Its place in the order of the list.
    place: Timestamp,
}

/// The number of deliveries of a webhook by state. [`COUNTED_MAX`] + 1 means "more".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Those that will be sent: pending, parked and sending ones.
    pub waiting: u64,
    /// Those that are held.
    pub held: u64,
    /// Those that failed for good.
    pub failed: u64,
}

/// What of the waiting deliveries of a webhook could be sent now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DueDeliveries {
    /// Those that are due, are being sent, or wait for an earlier event with the same subject. [`COUNTED_MAX`] + 1 means "more".
    pub count: u64,
    /// When the first one of the others is due.
    pub next: Option<Timestamp>,
}

#[derive(FromQueryResult)]
struct ListedRow {
    id: Uuid,
    webhook_id: Uuid,
    event_id: Uuid,
    event_type: Option<String>,
    subject: Option<String>,
    state: String,
    attempts: i32,
    due_at: Option<i64>,
    reason: Option<String>,
    created_at: i64,
    is_erased: bool,
    place: i64,
}

impl ListedRow {
    fn delivery(self) -> Result<ListedDelivery, StoreError> {
        Ok(ListedDelivery {
            id: DeliveryId(self.id),
            webhook: WebhookId(self.webhook_id),
            event: EventId(self.event_id),
            event_type: self.event_type,
            subject: self.subject,
            state: self.state.parse()?,
            attempts: u32::try_from(self.attempts).unwrap_or(0),
            due: self.due_at.map(Timestamp),
            reason: self.reason,
            created: Timestamp(self.created_at),
            is_erased: self.is_erased,
            place: Timestamp(self.place),
        })
    }
}

impl Store {
    /// A page of the deliveries of a webhook.
    pub async fn list_deliveries(
        &self,
        webhook: WebhookId,
        list: DeliveryList,
        after: Option<Cursor>,
        limit: u64,
    ) -> Result<Page<ListedDelivery>, StoreError> {
        let found = self.listed_by(self.list_statement(webhook, list, after, limit)).await?;
        Ok(Page::of(found, limit, |last| Cursor {
            at: last.place,
            id: last.id.0,
        }))
    }

    /// The deliveries that a query with the columns of [`ListedRow`] returns.
    pub(super) async fn listed_deliveries(&self, sql: &str, values: Vec<Value>) -> Result<Vec<ListedDelivery>, StoreError> {
        self.listed_by(statement(self.backend(), sql, values)).await
    }

    async fn listed_by(&self, statement: Statement) -> Result<Vec<ListedDelivery>, StoreError> {
        let rows = ListedRow::find_by_statement(statement).all(&self.read).await?;
        rows.into_iter().map(ListedRow::delivery).collect()
    }

    pub(super) fn list_statement(&self, webhook: WebhookId, list: DeliveryList, after: Option<Cursor>, limit: u64) -> Statement {
        let more = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        let (parts, direction) = match list {
            DeliveryList::Waiting => (waiting(webhook, after, more, true), "ASC"),
            DeliveryList::Pending => (waiting(webhook, after, more, false), "ASC"),
            DeliveryList::Held => (vec![ended(DeliveryState::Held, webhook, after, more)], "DESC"),
            DeliveryList::Failed => (vec![ended(DeliveryState::Failed, webhook, after, more)], "DESC"),
        };
        let (texts, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let sql = format!(
            "SELECT d.id, d.webhook_id, d.event_id, e.event_type, e.subject, d.state, d.attempts, d.due_at, d.reason, d.created_at, \
             COALESCE(e.body = '', FALSE) AS is_erased, d.place FROM (SELECT * FROM ({}) AS found ORDER BY place {direction}, id {direction} LIMIT ?) AS d \
             LEFT JOIN events e ON e.id = d.event_id ORDER BY d.place {direction}, d.id {direction}",
            texts.join(" UNION ALL ")
        );
        statement(self.backend(), &sql, values.into_iter().flatten().chain([more.into()]))
    }

    /// The number of deliveries of a webhook by state.
    pub async fn delivery_counts(&self, webhook: WebhookId) -> Result<DeliveryCounts, StoreError> {
        let id = || Value::from(webhook.0);
        let waiting = self.counted(vec![
            ("state = 'pending' AND webhook_id = ?".to_owned(), vec![id()]),
            ("state = 'parked' AND webhook_id = ?".to_owned(), vec![id()]),
            // This state has no index by webhook, but there are never many.
            ("state = 'sending' AND webhook_id = ?".to_owned(), vec![id()]),
        ]);
        let held = self.counted(vec![("state = 'held' AND webhook_id = ?".to_owned(), vec![id()])]);
        let failed = self.counted(vec![("state = 'failed' AND webhook_id = ?".to_owned(), vec![id()])]);
        let (waiting, held, failed) = tokio::try_join!(waiting, held, failed)?;
        Ok(DeliveryCounts { waiting, held, failed })
    }

    /// What of the waiting deliveries of a webhook could be sent now, and when the next one is due.
    pub async fn due_deliveries(&self, webhook: WebhookId, now: Timestamp) -> Result<DueDeliveries, StoreError> {
        #[derive(FromQueryResult)]
        struct NextRow {
            next: Option<i64>,
        }
        let id = || Value::from(webhook.0);
        // Two ranges of the index (webhook, priority, due time): manual deliveries, which are sent whenever they are due, and scheduled ones.
        let of = |which| format!("state = 'pending' AND webhook_id = ? AND {which}");
        let count = self.counted(vec![
            (of("priority = 0"), vec![id()]),
            (of("priority = 1 AND due_at <= ?"), vec![id(), now.0.into()]),
            ("state = 'parked' AND webhook_id = ?".to_owned(), vec![id()]),
            ("state = 'sending' AND webhook_id = ?".to_owned(), vec![id()]),
        ]);
        let sql = "SELECT MIN(due_at) AS next FROM deliveries WHERE state = 'pending' AND webhook_id = ? AND priority = 1 AND due_at > ?";
        let next = NextRow::find_by_statement(statement(self.backend(), sql, [id(), now.0.into()])).one(&self.read);
        let (count, next) = tokio::try_join!(count, async { Ok(next.await?) })?;
        Ok(DueDeliveries {
            count,
            next: next.and_then(|row| row.next).map(Timestamp),
        })
    }

    /// The number of failed and of held deliveries of a webhook that were created in this time range.
    pub async fn recoverable(&self, webhook: WebhookId, since: Timestamp, until: Timestamp) -> Result<(u64, u64), StoreError> {
        let range = || vec![webhook.0.into(), since.0.into(), until.0.into()];
        let of = |state| format!("state = '{state}' AND webhook_id = ? AND created_at >= ? AND created_at < ?");
        let failed = self.counted(vec![(of(DeliveryState::Failed), range())]);
        let held = self.counted(vec![(of(DeliveryState::Held), range())]);
        tokio::try_join!(failed, held)
    }

    /// The number of deliveries that meet one of these conditions, at most [`COUNTED_MAX`] + 1.
    async fn counted(&self, conditions: Vec<(String, Vec<Value>)>) -> Result<u64, StoreError> {
        #[derive(FromQueryResult)]
        struct CountRow {
            count: i64,
        }
        let most = COUNTED_MAX + 1;
        let parts: Vec<String> = conditions
            .iter()
            .map(|(condition, _)| format!("(SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE {condition} LIMIT {most}) AS counted)"))
            .collect();
        let sql = format!("SELECT CAST({} AS BIGINT) AS count", parts.join(" + "));
        let values = conditions.into_iter().flat_map(|(_, values)| values);
        let row = CountRow::find_by_statement(statement(self.backend(), &sql, values))
            .one(&self.read)
            .await?;
        Ok(row.map_or(0, |row| row.count.unsigned_abs()).min(most))
    }
}

/// The columns of a part of a list. `place` is what the list is sorted by.
fn columns(place: &str) -> String {
    format!("id, webhook_id, event_id, state, attempts, due_at, reason, created_at, {place} AS place")
}

/// Deliveries that ended in this state, newest first, after the cursor.
fn ended(state: DeliveryState, webhook: WebhookId, after: Option<Cursor>, limit: i64) -> (String, Vec<Value>) {
    let mut sql = format!(
        "SELECT {} FROM deliveries WHERE state = '{state}' AND webhook_id = ?",
        columns("created_at")
    );
    let mut values: Vec<Value> = vec![webhook.0.into()];
    if let Some(Cursor { at, id }) = after {
        sql.push_str(" AND created_at <= ? AND (created_at < ? OR id < ?)");
        values.extend([at.0.into(), at.0.into(), id.into()]);
    }
    part(sql, "created_at DESC, id DESC", values, limit)
}

/// The parts of the list of waiting deliveries. Each is in the order of its index, so none is sorted as a whole.
fn waiting(webhook: WebhookId, after: Option<Cursor>, limit: i64, with_sending: bool) -> Vec<(String, Vec<Value>)> {
    let mut parts = Vec::new();
    let is_before_parked = after.is_none_or(|after| after.at.0 < NO_DUE);
    if is_before_parked {
        // Manual deliveries, then scheduled ones: two ranges of the index (webhook, priority, due time).
        for which in [
            "state = 'pending' AND priority = 0",
            "state = 'pending' AND priority = 1",
            "state = 'sending'",
        ] {
            if which.contains("sending") && !with_sending {
                continue;
            }
            // The row of a delivery that is being sent has a due time unless an older version stored it.
            let place = format!("COALESCE(due_at, {NO_DUE} - 1)");
            let place = if which.contains("sending") { place.as_str() } else { "due_at" };
            let mut sql = format!("SELECT {} FROM deliveries WHERE {which} AND webhook_id = ?", columns(place));
            let mut values: Vec<Value> = vec![webhook.0.into()];
            if let Some(Cursor { at, id }) = after {
                sql += format!(" AND {place} >= ? AND ({place} > ? OR id > ?)").as_str();
                values.extend([at.0.into(), at.0.into(), id.into()]);
            }
            parts.push(part(sql, &format!("{place}, id"), values, limit));
        }
    }
    let mut sql = format!(
        "SELECT {} FROM deliveries WHERE state = 'parked' AND webhook_id = ?",
        columns(&format!("CAST({NO_DUE} AS BIGINT)"))
    );
    let mut values: Vec<Value> = vec![webhook.0.into()];
    if let Some(after) = after.filter(|_| !is_before_parked) {
        sql.push_str(" AND id > ?");
        values.push(after.id.into());
    }
    parts.push(part(sql, "id", values, limit));
    parts
}

fn part(sql: String, order: &str, mut values: Vec<Value>, limit: i64) -> (String, Vec<Value>) {
    values.push(limit.into());
    (format!("SELECT * FROM ({sql} ORDER BY {order} LIMIT ?) AS listed"), values)
}
