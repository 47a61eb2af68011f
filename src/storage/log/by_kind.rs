//! Pages of a webhook's log with a filter by event type or response. An index has both before the date, so the rows of one *kind* (the same event
//! type and the same response) are sorted by date in it. A webhook has few kinds, and a page is merged from the newest rows of those that match:
//! its cost depends neither on the length of the log nor on how rare a kind is.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

use crate::{
    domain::{answer::Answer, callback::Outcome, id::WebhookId, response::ResponseFilter, timestamp::Timestamp},
    storage::{
        Store, StoreError,
        callbacks::{CALLBACK_COLUMNS, CallbackRecord, LogFilter},
        log::{Condition, Place},
        raw_sql::{marks, statement},
    },
};

/// Kinds per statement. SQLite accepts 500 parts of a `UNION ALL`.
const KINDS_MAX: usize = 100;

/// The kinds of callbacks of a webhook: a few index steps for each, however many callbacks there are. Event types first, then the responses of each,
/// because SQLite does not use an index for both columns of `(event_type, response) > (?, ?)`.
const KINDS: &str = "WITH RECURSIVE types(event_type) AS (\
    SELECT (SELECT event_type FROM callbacks WHERE webhook_id = ? ORDER BY event_type LIMIT 1) \
    UNION ALL SELECT (SELECT c.event_type FROM callbacks c WHERE c.webhook_id = ? AND c.event_type > types.event_type \
    ORDER BY c.event_type LIMIT 1) FROM types WHERE types.event_type IS NOT NULL), \
    kinds(event_type, response) AS (\
    SELECT types.event_type, (SELECT c.response FROM callbacks c WHERE c.webhook_id = ? AND c.event_type = types.event_type \
    ORDER BY c.response LIMIT 1) FROM types WHERE types.event_type IS NOT NULL \
    UNION ALL SELECT kinds.event_type, (SELECT c.response FROM callbacks c WHERE c.webhook_id = ? AND c.event_type = kinds.event_type \
    AND c.response > kinds.response ORDER BY c.response LIMIT 1) FROM kinds WHERE kinds.response IS NOT NULL) \
    SELECT event_type, response FROM kinds WHERE response IS NOT NULL";

/// What the callbacks of a kind have in common.
#[derive(FromQueryResult)]
struct Kind {
    event_type: String,
    response: String,
}

impl LogFilter {
    /// Whether the filter says something about kinds. The callbacks of given deliveries are few, and another index finds them.
    pub(super) const fn is_by_kind(&self) -> bool {
        let says_something = self.outcome.is_some() || self.status.is_some() || self.response.is_some() || self.event.is_some();
        says_something && self.deliveries.is_none()
    }

    fn has_kind(&self, kind: &Kind) -> bool {
        let answer = Answer::of_response(&kind.response);
        let status = answer.and_then(Answer::status);
        let outcome = answer.map_or(Outcome::Failed, Answer::outcome);
        let has_response = match self.response {
            None => true,
            Some(ResponseFilter::Succeeded) => outcome == Outcome::Succeeded,
            Some(ResponseFilter::Failed) => outcome == Outcome::Failed,
            Some(ResponseFilter::Class(digit)) => status.is_some_and(|status| status / 100 == digit),
            Some(ResponseFilter::Status(wanted)) => status == Some(wanted),
            Some(ResponseFilter::NoAnswer) => status.is_none(),
            Some(ResponseFilter::Failure(failure)) => answer == Some(Answer::None(failure)),
        };
        has_response
            && self.outcome.is_none_or(|wanted| outcome == wanted)
            && self.status.is_none_or(|wanted| status == Some(wanted))
            && self.event.as_ref().is_none_or(|wanted| wanted.as_str() == kind.event_type)
    }
}

impl Store {
    /// The rows next to a place that match a filter by kind, nearest first. The filter's time range is that of the place.
    pub(super) async fn rows_by_kind(
        &self,
        webhook: WebhookId,
        filter: &LogFilter,
        place: &Place,
        limit: u64,
    ) -> Result<Vec<CallbackRecord>, StoreError> {
        let kinds = self.kinds(webhook).await?;
        let kinds: Vec<Kind> = kinds.into_iter().filter(|kind| filter.has_kind(kind)).collect();
        let mut nearest: Vec<(Timestamp, Uuid)> = Vec::new();
        for some in kinds.chunks(KINDS_MAX) {
            nearest.extend(self.nearest_of_kinds(webhook, filter, some, place, limit).await?);
        }
        nearest.sort_unstable();
        if place.is_newest_first() {
            nearest.reverse();
        }
        nearest.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let (Some(first), Some(last)) = (nearest.iter().min(), nearest.iter().max()) else {
            return Ok(Vec::new());
        };
        // The time range leaves few partitions to search on PostgreSQL.
        let mut all = Condition::default();
        all.and("callback_date >= ?", [first.0.0.into()]);
        all.and("callback_date <= ?", [last.0.0.into()]);
        let ids = nearest.iter().map(|(_, id)| (*id).into());
        all.and(&format!("id IN {}", marks(nearest.len())), ids);
        let direction = place.direction();
        let sql = format!(
            "SELECT {CALLBACK_COLUMNS} FROM callbacks WHERE {} ORDER BY callback_date {direction}, id {direction}",
            all.sql
        );
        self.records(&sql, all.values).await
    }

    async fn kinds(&self, webhook: WebhookId) -> Result<Vec<Kind>, StoreError> {
        let kinds = Kind::find_by_statement(self.kinds_statement(webhook));
        Ok(kinds.all(&self.read).await?)
    }

    pub(in crate::storage) fn kinds_statement(&self, webhook: WebhookId) -> Statement {
        let values = [webhook.0.into(), webhook.0.into(), webhook.0.into(), webhook.0.into()];
        statement(self.backend(), KINDS, values)
    }

    /// The nearest rows of each of these kinds: times and ids.
    async fn nearest_of_kinds(
        &self,
        webhook: WebhookId,
        filter: &LogFilter,
        kinds: &[Kind],
        place: &Place,
        limit: u64,
    ) -> Result<Vec<(Timestamp, Uuid)>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (mut parts, mut values) = (Vec::with_capacity(kinds.len()), Vec::new());
        for kind in kinds {
            let mut part = Condition::default();
            let of_kind = [webhook.0.into(), kind.event_type.as_str().into(), kind.response.as_str().into()];
            part.and("webhook_id = ? AND event_type = ? AND response = ?", of_kind);
            part.add_times(filter);
            part.and(&place.condition.sql, place.condition.values.iter().cloned());
            let (condition, direction) = (part.sql, place.direction());
            parts.push(format!(
                "SELECT * FROM (SELECT callback_date, id FROM callbacks WHERE {condition} \
                 ORDER BY callback_date {direction}, id {direction} LIMIT ?) AS of_kind"
            ));
            values.extend(part.values);
            values.push(limit.into());
        }
        let statement = statement(self.backend(), &parts.join(" UNION ALL "), values);
        let rows = self.read.query_all_raw(statement).await?;
        let row = |row: &sea_orm::QueryResult| Ok((Timestamp(row.try_get("", "callback_date")?), row.try_get("", "id")?));
        rows.iter().map(row).collect()
    }
}
