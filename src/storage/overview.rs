//! Queries of the overview page. Each reads a limited number of rows from an index, however many webhooks and deliveries there are. Counts
//! stop at a maximum.

use std::collections::HashMap;

use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use crate::{
    domain::{
        id::{UserId, WebhookId},
        timestamp::Timestamp,
        webhook::Status,
    },
    storage::{
        Store, StoreError,
        raw_sql::{marks, statement},
        webhooks::{OWNED, STANDING},
    },
};

/// The maximum up to which waiting deliveries are counted, which takes some milliseconds.
pub const WAITING_MAX: u64 = 10_000;
/// The maximum up to which held deliveries of a webhook are counted.
pub const HELD_MAX: u64 = 1_000;
/// The maximum number of webhooks with held deliveries that are visited. Some of them may be deleted.
const STEPS: u64 = 100;

/// A webhook that needs attention.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Trouble {
    id: Uuid,
    /// Its name.
    pub name: String,
    /// Whether callbacks are sent.
    pub enabled: bool,
    failing_since: Option<i64>,
    /// Why clearhook disabled it, if it did.
    pub disabled_reason: Option<String>,
    exhausted_since: Option<i64>,
    held: i64,
    waiting: i64,
}

impl Trouble {
    /// Its id.
    pub const fn id(&self) -> WebhookId {
        WebhookId(self.id)
    }

    /// The time of the first failed attempt since the last success.
    pub fn failing_since(&self) -> Option<Timestamp> {
        self.failing_since.map(Timestamp)
    }

    /// When the first of the deliveries in a row exhausted its attempts.
    pub fn exhausted_since(&self) -> Option<Timestamp> {
        self.exhausted_since.map(Timestamp)
    }

    /// The number of deliveries that wait for their next attempt or for an earlier delivery. [`HELD_MAX`] + 1 means "more".
    pub fn waiting(&self) -> u64 {
        self.waiting.unsigned_abs().min(HELD_MAX + 1)
    }

    /// The number of held deliveries. [`HELD_MAX`] + 1 means "more".
    pub const fn held(&self) -> u64 {
        self.held.unsigned_abs()
    }
}

impl Store {
    /// The number of webhooks per status, of one owner or of all.
    pub async fn standings(&self, owner: Option<UserId>) -> Result<HashMap<Status, u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct StatusCount {
            standing: i32,
            count: i64,
        }
        let sql = format!(
            "SELECT {STANDING} AS standing, COUNT(*) AS count FROM webhooks WHERE deleted_at IS NULL{} GROUP BY {STANDING}",
            owned("id", owner)
        );
        let rows = StatusCount::find_by_statement(statement(self.backend(), &sql, values(owner, [])))
            .all(&self.read)
            .await?;
        let status = |standing| match standing {
            0 => Status::Failing,
            1 => Status::Disabled,
            _ => Status::Enabled,
        };
        Ok(rows
            .into_iter()
            .map(|row| (status(row.standing), row.count.unsigned_abs()))
            .collect())
    }

    /// The number of unfinished deliveries, of one owner's webhooks or of all. [`WAITING_MAX`] + 1 means "more".
    pub async fn waiting(&self, owner: Option<UserId>) -> Result<u64, StoreError> {
        #[derive(FromQueryResult)]
        struct CountRow {
            count: i64,
        }
        let (most, owned) = (WAITING_MAX + 1, owned("webhook_id", owner));
        // Deliveries in state `sending` have no index by webhook, but there are never many. Without an owner, the column `webhook_id` is
        // not read, so that the index alone answers.
        let (column, whose) = match owner {
            Some(_) => ("webhook_id", format!(" WHERE webhook_id IN {OWNED}")),
            None => ("1", String::new()),
        };
        let sql = format!(
            "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE state = 'pending'{owned} LIMIT {most}) AS pending) \
             + (SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE state = 'parked'{owned} LIMIT {most}) AS parked) \
             + (SELECT COUNT(*) FROM (SELECT {column} FROM deliveries WHERE state = 'sending' LIMIT {most}) AS sending{whose}) AS count"
        );
        // The owner is a parameter of each of the three.
        let parameters = [owner; 3].into_iter().flatten().map(|owner| owner.0.into());
        let row = CountRow::find_by_statement(statement(self.backend(), &sql, parameters))
            .one(&self.read)
            .await?;
        Ok(row.map_or(0, |row| row.count.unsigned_abs()).min(most))
    }

    /// Failing webhooks, in the order of their first failure.
    pub async fn failing(&self, owner: Option<UserId>, rows: u64) -> Result<Vec<Trouble>, StoreError> {
        let which = "failing_since IS NOT NULL AND enabled AND deleted_at IS NULL";
        self.troubles(which, "failing_since", owner, rows).await
    }

    /// The number of deliveries that wait for each failing webhook, in the order of their first failure, of at most `rows` webhooks.
    /// [`HELD_MAX`] + 1 means "more".
    pub async fn waiting_for_failing(&self, owner: Option<UserId>, rows: u64) -> Result<Vec<u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct WaitingRow {
            waiting: i64,
        }
        let sql = format!(
            "SELECT {} AS waiting FROM webhooks WHERE failing_since IS NOT NULL AND enabled AND deleted_at IS NULL{} \
             ORDER BY failing_since LIMIT ?",
            waiting("webhooks"),
            owned("id", owner)
        );
        let limit = i64::try_from(rows).unwrap_or(i64::MAX);
        let statement = statement(self.backend(), &sql, values(owner, [limit.into()]));
        let rows = WaitingRow::find_by_statement(statement).all(&self.read).await?;
        Ok(rows.iter().map(|row| row.waiting.unsigned_abs().min(HELD_MAX + 1)).collect())
    }

    /// Webhooks that clearhook disabled, newest first.
    pub async fn given_up(&self, owner: Option<UserId>, rows: u64) -> Result<Vec<Trouble>, StoreError> {
        let which = "disabled_reason IS NOT NULL AND deleted_at IS NULL";
        self.troubles(which, "updated_at DESC", owner, rows).await
    }

    async fn troubles(&self, which: &str, order: &str, owner: Option<UserId>, rows: u64) -> Result<Vec<Trouble>, StoreError> {
        let sql = format!(
            "SELECT id, name, enabled, failing_since, disabled_reason, exhausted_since, {} AS held, {} AS waiting FROM webhooks \
             WHERE {which}{} ORDER BY {order} LIMIT ?",
            held("webhooks"),
            waiting("webhooks"),
            owned("id", owner)
        );
        self.load_troubles(&sql, owner, rows).await
    }

    /// Webhooks with held deliveries.
    pub async fn holding(&self, owner: Option<UserId>, rows: u64) -> Result<Vec<Trouble>, StoreError> {
        let columns = format!(
            "w.id, w.name, w.enabled, w.failing_since, w.disabled_reason, w.exhausted_since, {} AS held, {} AS waiting",
            held("w"),
            waiting("w")
        );
        let sql = match owner {
            Some(_) => format!(
                "SELECT {columns} FROM webhooks w WHERE w.id IN {OWNED} AND w.deleted_at IS NULL \
                 AND EXISTS (SELECT 1 FROM deliveries WHERE state = 'held' AND webhook_id = w.id) LIMIT ?"
            ),
            // Jumps from one webhook to the next, instead of scanning all held deliveries. `CROSS JOIN` makes SQLite keep this join order;
            // otherwise it would scan all webhooks in each step.
            None => format!(
                "WITH RECURSIVE holding(webhook_id, step) AS (\
                 SELECT (SELECT webhook_id FROM deliveries WHERE state = 'held' ORDER BY webhook_id LIMIT 1), 1 \
                 UNION ALL SELECT (SELECT d.webhook_id FROM deliveries d WHERE d.state = 'held' \
                 AND d.webhook_id > holding.webhook_id ORDER BY d.webhook_id LIMIT 1), step + 1 \
                 FROM holding WHERE holding.webhook_id IS NOT NULL AND step < {STEPS}) \
                 SELECT {columns} FROM holding CROSS JOIN webhooks w WHERE w.id = holding.webhook_id AND w.deleted_at IS NULL LIMIT ?"
            ),
        };
        self.load_troubles(&sql, owner, rows).await
    }

    /// The number of held deliveries of a webhook. [`HELD_MAX`] + 1 means "more".
    pub async fn held_for(&self, webhook: WebhookId) -> Result<u64, StoreError> {
        #[derive(FromQueryResult)]
        struct HeldRow {
            held: i64,
        }
        let sql = format!("SELECT {} AS held FROM webhooks WHERE id = ?", held("webhooks"));
        let row = HeldRow::find_by_statement(statement(self.backend(), &sql, [webhook.0.into()]))
            .one(&self.read)
            .await?;
        Ok(row.map_or(0, |row| row.held.unsigned_abs()))
    }

    /// The number of held deliveries of each of these webhooks, if there are any. [`HELD_MAX`] + 1 means "more".
    pub async fn held_of(&self, webhooks: &[WebhookId]) -> Result<HashMap<WebhookId, u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct HeldRow {
            id: Uuid,
            held: i64,
        }
        if webhooks.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!(
            "SELECT id, {} AS held FROM webhooks WHERE id IN {}",
            held("webhooks"),
            marks(webhooks.len())
        );
        let rows = HeldRow::find_by_statement(statement(self.backend(), &sql, webhooks.iter().map(|id| id.0.into())))
            .all(&self.read)
            .await?;
        let some = rows.into_iter().filter(|row| row.held > 0);
        Ok(some.map(|row| (WebhookId(row.id), row.held.unsigned_abs())).collect())
    }

    /// The number of failing webhooks, of one owner or of all.
    pub async fn failing_count(&self, owner: Option<UserId>) -> Result<u64, StoreError> {
        #[derive(FromQueryResult)]
        struct CountRow {
            count: i64,
        }
        let sql = format!(
            "SELECT COUNT(*) AS count FROM webhooks WHERE failing_since IS NOT NULL AND enabled AND deleted_at IS NULL{}",
            owned("id", owner)
        );
        let row = CountRow::find_by_statement(statement(self.backend(), &sql, values(owner, [])))
            .one(&self.read)
            .await?;
        Ok(row.map_or(0, |row| row.count.unsigned_abs()))
    }

    async fn load_troubles(&self, sql: &str, owner: Option<UserId>, rows: u64) -> Result<Vec<Trouble>, StoreError> {
        let limit = i64::try_from(rows).unwrap_or(i64::MAX);
        let values = values(owner, [limit.into()]);
        Ok(Trouble::find_by_statement(statement(self.backend(), sql, values))
            .all(&self.read)
            .await?)
    }
}

fn owned(column: &str, owner: Option<UserId>) -> String {
    owner.map_or_else(String::new, |_| format!(" AND {column} IN {OWNED}"))
}

fn values<const N: usize>(owner: Option<UserId>, more: [Value; N]) -> impl Iterator<Item = Value> {
    owner.map(|owner| owner.0.into()).into_iter().chain(more)
}

/// SQL that counts the held deliveries of a row's webhook.
fn held(table: &str) -> String {
    format!(
        "(SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE state = 'held' AND webhook_id = {table}.id LIMIT {}) AS some_held)",
        HELD_MAX + 1
    )
}

/// SQL that counts the deliveries of a row's webhook that wait: for their next attempt, or for an earlier delivery.
fn waiting(table: &str) -> String {
    let some = |state: &str| {
        format!(
            "(SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE state = '{state}' AND webhook_id = {table}.id LIMIT {}) AS some_{state})",
            HELD_MAX + 1
        )
    };
    format!("({} + {})", some("pending"), some("parked"))
}
