//! Stores the results of one group: inserts callbacks, updates deliveries and statistics, and updates the health of the webhooks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use sea_orm::{
    ColumnTrait, DbBackend, Statement, Value,
    sea_query::{Alias, Expr, ExprTrait, OnConflict},
};
use uuid::Uuid;

use crate::{
    domain::{
        callback::{Outcome, Trigger},
        delivery::DeliveryState,
        id::{NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        StoreError,
        batch_insert::{BatchInsert, OR_FAIL, batch_sizes, for_results, insert_all},
        callbacks::NewCallback,
        entity::{callback, event_type_stats, stats_total, webhook_stats},
        executor::Executor,
        global_stats::shard_of,
        journal::{
            finished::{Finished, Next, Recorded, due_time},
            webhook_health,
        },
        ordering::{self, OrderKey},
        raw_sql::{not_by_index, tuples},
        stats::{self, Latency},
    },
};

/// Why deliveries of a disabled webhook are held.
pub const DISABLED: &str = "The webhook is disabled.";

/// A delivery whose attempts panicked this many times is failed.
const PANICS_MAX: u32 = 3;
/// Columns in the `VALUES` list of the update.
const VALUES: usize = 9;

/// What a group of results changed besides the deliveries themselves.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) recorded: Vec<Recorded>,
    /// Whether a delivery that waited for an earlier one of its subject is due now.
    pub(super) promoted: bool,
    pub(super) health: webhook_health::HealthEffects,
}

/// The new state of a delivery.
struct DeliveryUpdate {
    id: Uuid,
    /// Webhook and ordering key, if later deliveries wait for this one.
    subject: Option<(WebhookId, OrderKey)>,
    state: DeliveryState,
    due: Option<Timestamp>,
    reason: Option<String>,
    attempts: u32,
    retries: u32,
    /// Number of manually requested attempts that this result completes: 0 or 1.
    manual_attempts: i32,
    panics: u32,
}

pub(super) async fn record(transaction: &impl Executor, node: NodeId, results: &[Finished], now: Timestamp) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    if results.is_empty() {
        return Ok(effects);
    }
    let callbacks = results.iter().filter_map(|finished| finished.callback.as_ref());
    let rows = callbacks.clone().map(NewCallback::row).collect::<Result<Vec<_>, _>>()?;
    insert_all::<callback::Entity>(transaction, rows).await?;
    count(transaction, node, callbacks).await?;

    let (succeeded, others): (Vec<_>, Vec<_>) = results
        .iter()
        .map(|finished| update_of(finished, now))
        .partition(DeliveryUpdate::is_first_success);
    let over = succeeded.iter().chain(&others).filter(|update| update.state.is_over());
    let over: BTreeSet<_> = over.filter_map(|update| update.subject).collect();
    ordering::lock_all(transaction, &over).await?;
    mark_succeeded(transaction, node, &succeeded, now).await?;
    update_each(transaction, node, &others, now).await?;
    effects.promoted = ordering::promote_next(transaction, &over, now).await?;
    effects.health = webhook_health::note(transaction, results, now).await?;
    effects.recorded = results.iter().map(recorded).collect();
    Ok(effects)
}

/// The report of a stored result for the dispatcher.
pub(super) fn recorded(finished: &Finished) -> Recorded {
    Recorded {
        delivery: finished.job.delivery,
        again_at: finished.next.again_at(),
    }
}

impl DeliveryUpdate {
    /// Whether the first attempt succeeded. This is the most frequent case, and one statement updates many such deliveries.
    fn is_first_success(&self) -> bool {
        self.state == DeliveryState::Succeeded && self.manual_attempts == 0 && self.attempts == 1
    }
}

/// The new state of the delivery after this result.
fn update_of(finished: &Finished, now: Timestamp) -> DeliveryUpdate {
    let job = &finished.job;
    let attempts = finished.callback.as_ref().map_or(job.attempts, |callback| callback.attempt);
    let mut retries = job.retries;
    let mut panics = 0;
    let (state, due, reason) = match &finished.next {
        Next::Succeeded => (DeliveryState::Succeeded, None, None),
        Next::RetryAt(at) => {
            retries = retries.saturating_add(1);
            (DeliveryState::Pending, Some(due_time(*at, now)), None)
        }
        Next::Failed(reason) => (DeliveryState::Failed, None, Some(reason.clone())),
        Next::Cancelled(reason) => (DeliveryState::Cancelled, None, Some(reason.clone())),
        Next::Postponed(at) => (DeliveryState::Pending, Some(due_time(*at, now)), None),
        Next::Held => (DeliveryState::Held, None, Some(DISABLED.to_owned())),
        Next::Panicked(_) if job.panics + 1 >= PANICS_MAX => {
            panics = 1;
            let reason = format!("Sending it failed {PANICS_MAX} times with an internal error of clearhook; see the service log.");
            (DeliveryState::Failed, None, Some(reason))
        }
        Next::Panicked(at) => {
            panics = 1;
            (DeliveryState::Pending, Some(due_time(*at, now)), None)
        }
    };
    let manual_attempts = i32::from(job.manual && job.trigger == Trigger::Manual && finished.callback.is_some());
    DeliveryUpdate {
        id: job.delivery.0,
        subject: job.order.map(|order| (job.webhook, order)),
        state,
        due,
        reason,
        attempts,
        retries,
        manual_attempts,
        panics,
    }
}

/// The beginning of an update of several rows. Its transaction is rolled back if it fails.
fn update_all(backend: DbBackend) -> String {
    match backend {
        DbBackend::Sqlite => format!("UPDATE {OR_FAIL}"),
        _ => "UPDATE".to_owned(),
    }
}

/// Marks deliveries as succeeded. If another attempt was requested in the meantime, the delivery becomes pending again.
async fn mark_succeeded(transaction: &impl Executor, node: NodeId, succeeded: &[DeliveryUpdate], now: Timestamp) -> Result<(), StoreError> {
    let backend = transaction.backend();
    let (update, owner) = (update_all(backend), not_by_index(backend, "lease_owner"));
    let before = format!(
        "{update} deliveries SET state = CASE WHEN manual_requests > 0 THEN 'pending' ELSE 'succeeded' END, \
         priority = CASE WHEN manual_requests > 0 THEN 0 ELSE 1 END, due_at = CASE WHEN manual_requests > 0 THEN ? ELSE NULL END, \
         next_trigger = CASE WHEN manual_requests > 0 THEN 'manual' ELSE 'retry' END, \
         attempts = 1, lease_owner = NULL, updated_at = ? WHERE {owner} = ? AND id"
    );
    let values = [now.0.into(), now.0.into(), node.0.into()];
    for_results(transaction, &before, &values, succeeded.iter().map(|update| update.id)).await?;
    Ok(())
}

/// Updates deliveries whose new states differ. If more attempts were requested in the meantime, the delivery becomes pending again.
async fn update_each(transaction: &impl Executor, node: NodeId, updates: &[DeliveryUpdate], now: Timestamp) -> Result<(), StoreError> {
    let backend = transaction.backend();
    let owner = not_by_index(backend, "lease_owner");
    let mut updates = updates.iter();
    for size in batch_sizes(backend, updates.len()) {
        let mut sql = update_all(backend);
        sql += " deliveries SET state = CASE WHEN manual_requests > v.column7 THEN 'pending' ELSE v.column2 END, \
                       priority = CASE WHEN manual_requests > v.column7 THEN 0 ELSE 1 END, \
                       due_at = CASE WHEN manual_requests > v.column7 THEN v.column9 ELSE v.column3 END, reason = v.column4, \
                       next_trigger = CASE WHEN manual_requests > v.column7 THEN 'manual' ELSE 'retry' END, \
                       attempts = v.column5, retries = v.column6, \
                       manual_requests = CASE WHEN manual_requests > v.column7 THEN manual_requests - v.column7 ELSE 0 END, \
                       panics = panics + v.column8, lease_owner = NULL, updated_at = v.column9 FROM (VALUES ";
        tuples(&mut sql, backend, size, VALUES, 1);
        let first = size * VALUES + 1;
        let node_value = if backend == DbBackend::Postgres {
            format!("${first}")
        } else {
            "?".to_owned()
        };
        // Writing to a String cannot fail.
        let _ = write!(sql, ") AS v WHERE deliveries.id = v.column1 AND {owner} = {node_value}");
        let rows = updates.by_ref().take(size).flat_map(|update| -> [Value; VALUES] {
            [
                update.id.into(),
                update.state.as_str().into(),
                update.due.map(|due| due.0).into(),
                update.reason.clone().into(),
                i32::try_from(update.attempts).unwrap_or(i32::MAX).into(),
                i32::try_from(update.retries).unwrap_or(i32::MAX).into(),
                update.manual_attempts.into(),
                i32::try_from(update.panics).unwrap_or(i32::MAX).into(),
                now.0.into(),
            ]
        });
        let values: Vec<Value> = rows.chain([node.0.into()]).collect();
        transaction.run(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(())
}

impl BatchInsert for webhook_stats::Entity {
    fn on_conflict() -> Option<OnConflict> {
        use webhook_stats::Column;
        let key = [Column::WebhookId, Column::Hour, Column::Latency];
        Some(added("webhook_stats", key, [Column::Succeeded, Column::Failed]))
    }
}

impl BatchInsert for stats_total::Entity {
    fn on_conflict() -> Option<OnConflict> {
        use stats_total::Column;
        Some(added(
            "stats_total",
            [Column::Shard, Column::Hour, Column::Latency],
            [Column::Succeeded, Column::Failed],
        ))
    }
}

impl BatchInsert for event_type_stats::Entity {
    fn on_conflict() -> Option<OnConflict> {
        use event_type_stats::Column;
        let key = [Column::Shard, Column::Hour, Column::EventType];
        Some(added("event_type_stats", key, [Column::Callbacks]))
    }
}

/// Adds the new values to those of the existing row.
fn added<C: ColumnTrait, const N: usize>(table: &'static str, key: impl IntoIterator<Item = C>, counts: [C; N]) -> OnConflict {
    let sum = |column: C| Expr::col((Alias::new(table), column)).add(Expr::col((Alias::new("excluded"), column)));
    OnConflict::columns(key)
        .values(counts.map(|column| (column, sum(column))))
        .to_owned()
}

/// Adds callbacks to the hourly statistics of their webhooks and to the total of all webhooks.
async fn count<'a>(transaction: &impl Executor, node: NodeId, callbacks: impl Iterator<Item = &'a NewCallback>) -> Result<(), StoreError> {
    // Sorted, so that two nodes lock the rows in the same order and cannot deadlock.
    let mut of_webhooks: BTreeMap<(Uuid, i64, i32), Counts> = BTreeMap::new();
    let mut total: BTreeMap<(i64, i32), Counts> = BTreeMap::new();
    let mut types: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for callback in callbacks {
        let (hour, latency) = (stats::hour(callback.at), Latency::of_ms(callback.duration_ms).0);
        let outcome = callback.answer.outcome();
        of_webhooks.entry((callback.webhook.0, hour, latency)).or_default().add(outcome);
        total.entry((hour, latency)).or_default().add(outcome);
        *types.entry((hour, callback.event_type.as_str())).or_default() += 1;
    }
    let rows = of_webhooks
        .into_iter()
        .map(|((webhook_id, hour, latency), counts)| webhook_stats::Model {
            webhook_id,
            hour,
            latency,
            succeeded: counts.succeeded,
            failed: counts.failed,
        });
    insert_all::<webhook_stats::Entity>(transaction, rows).await?;
    let rows = total.into_iter().map(|((hour, latency), counts)| stats_total::Model {
        shard: shard_of(node),
        hour,
        latency,
        succeeded: counts.succeeded,
        failed: counts.failed,
    });
    insert_all::<stats_total::Entity>(transaction, rows).await?;
    let rows = types.into_iter().map(|((hour, event_type), callbacks)| event_type_stats::Model {
        shard: shard_of(node),
        hour,
        event_type: event_type.to_owned(),
        callbacks,
    });
    insert_all::<event_type_stats::Entity>(transaction, rows).await?;
    Ok(())
}

/// Numbers of callbacks by outcome.
#[derive(Default)]
struct Counts {
    succeeded: i64,
    failed: i64,
}

impl Counts {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Succeeded => self.succeeded += 1,
            Outcome::Failed => self.failed += 1,
        }
    }
}
