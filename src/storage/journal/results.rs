//! Stores the results of one group: inserts callbacks, updates deliveries and statistics, and updates the health of the webhooks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use sea_orm::{DbBackend, Statement, Value};
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
        batch_insert::{Insert, for_ids, not_by_index, sizes, tuples},
        callbacks::{CALLBACKS, NewCallback},
        executor::Sql,
        global_stats::total_of,
        journal::{DISABLED, Finished, Next, Recorded},
        ordering::{self, OrderKey},
        priority::{AHEAD, ahead},
        stats::{self, Latency},
        webhook_health,
    },
};

/// A delivery whose attempts panicked this many times is failed.
const BREAKS: u32 = 3;
/// Columns in the `VALUES` list of the update.
const MOVED: usize = 9;

/// What a group of results changed besides the deliveries themselves.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) recorded: Vec<Recorded>,
    /// Whether a delivery that waited for an earlier one of its subject is due now.
    pub(super) promoted: bool,
    pub(super) health: webhook_health::Noted,
}

/// The new state of a delivery.
struct Moved {
    id: Uuid,
    /// Webhook and ordering key, if later deliveries wait for this one.
    subject: Option<(WebhookId, OrderKey)>,
    state: DeliveryState,
    due: Option<Timestamp>,
    reason: Option<String>,
    attempts: u32,
    retries: u32,
    /// Number of manually requested attempts that this result completes: 0 or 1.
    made: i32,
    breaks: u32,
}

pub(super) async fn record(transaction: &impl Sql, node: NodeId, results: &[Finished], now: Timestamp) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    if results.is_empty() {
        return Ok(effects);
    }
    let callbacks = results.iter().filter_map(|finished| finished.callback.as_ref());
    let rows = callbacks.clone().map(NewCallback::row).collect::<Result<Vec<_>, _>>()?;
    CALLBACKS.run(transaction, rows).await?;
    count(transaction, node, callbacks).await?;

    let (done, moved): (Vec<_>, Vec<_>) = results.iter().map(moved).partition(Moved::is_first_success);
    succeed(transaction, node, &done, now).await?;
    move_on(transaction, node, &moved, now).await?;
    let over = done.iter().chain(&moved).filter(|moved| moved.state.is_over());
    let over: BTreeSet<_> = over.filter_map(|moved| moved.subject).collect();
    effects.promoted = ordering::go_on(transaction, &over, now).await?;
    effects.health = webhook_health::note(transaction, results, now).await?;
    effects.recorded = results.iter().map(recorded).collect();
    Ok(effects)
}

/// What the dispatcher is told about a stored result.
pub(super) fn recorded(finished: &Finished) -> Recorded {
    Recorded {
        delivery: finished.job.delivery,
        again_at: match finished.next {
            Next::RetryAt(at) | Next::Broke(at) | Next::Postponed(at) => Some(at),
            _ => None,
        },
    }
}

impl Moved {
    /// Whether the first attempt succeeded. This is the most frequent case, and one statement updates many such deliveries.
    fn is_first_success(&self) -> bool {
        self.state == DeliveryState::Succeeded && self.made == 0 && self.attempts == 1
    }
}

fn moved(finished: &Finished) -> Moved {
    let job = &finished.job;
    let attempts = finished.callback.as_ref().map_or(job.attempts, |callback| callback.attempt);
    let mut retries = job.retries;
    let mut breaks = 0;
    let (state, due, reason) = match &finished.next {
        Next::Succeeded => (DeliveryState::Succeeded, None, None),
        Next::RetryAt(at) => {
            retries = retries.saturating_add(1);
            (DeliveryState::Pending, Some(*at), None)
        }
        Next::Failed(reason) => (DeliveryState::Failed, None, Some(reason.clone())),
        Next::Postponed(at) => (DeliveryState::Pending, Some(*at), None),
        Next::Held => (DeliveryState::Held, None, Some(DISABLED.to_owned())),
        Next::Broke(_) if job.breaks + 1 >= BREAKS => {
            breaks = 1;
            let reason = format!("Sending it failed {BREAKS} times with an internal error of clearhook; see the log of the service.");
            (DeliveryState::Failed, None, Some(reason))
        }
        Next::Broke(at) => {
            breaks = 1;
            (DeliveryState::Pending, Some(*at), None)
        }
    };
    let made = i32::from(job.asked && job.trigger == Trigger::Manual && finished.callback.is_some());
    Moved {
        id: job.delivery.0,
        subject: job.order.map(|order| (job.webhook, order)),
        state,
        due,
        reason,
        attempts,
        retries,
        made,
        breaks,
    }
}

/// Marks deliveries as succeeded. If another attempt was requested in the meantime, the delivery becomes pending again.
async fn succeed(transaction: &impl Sql, node: NodeId, done: &[Moved], now: Timestamp) -> Result<(), StoreError> {
    let owner = not_by_index(transaction.backend(), "lease_owner");
    let sql = format!(
        "UPDATE deliveries SET state = CASE WHEN asked > 0 THEN 'pending' ELSE 'succeeded' END, \
         due_at = CASE WHEN asked > 0 THEN ? ELSE NULL END, next_trigger = CASE WHEN asked > 0 THEN 'manual' ELSE 'retry' END, \
         attempts = 1, lease_owner = NULL, updated_at = ? WHERE {owner} = ? AND id IN"
    );
    for_ids(
        transaction,
        &sql,
        &[ahead(now).0.into(), now.0.into(), node.0.into()],
        done.iter().map(|moved| moved.id),
    )
    .await?;
    Ok(())
}

async fn move_on(transaction: &impl Sql, node: NodeId, moved: &[Moved], now: Timestamp) -> Result<(), StoreError> {
    let backend = transaction.backend();
    let owner = not_by_index(backend, "lease_owner");
    let mut moved = moved.iter();
    for size in sizes(moved.len()) {
        let mut sql = format!(
            "UPDATE deliveries SET state = CASE WHEN asked > v.column7 THEN 'pending' ELSE v.column2 END, \
                       due_at = CASE WHEN asked > v.column7 THEN v.column9 - {AHEAD} ELSE v.column3 END, reason = v.column4, \
                       next_trigger = CASE WHEN asked > v.column7 THEN 'manual' ELSE 'retry' END, \
                       attempts = v.column5, retries = v.column6, asked = CASE WHEN asked > v.column7 THEN asked - v.column7 ELSE 0 END, \
                       breaks = breaks + v.column8, lease_owner = NULL, updated_at = v.column9 FROM (VALUES "
        );
        tuples(&mut sql, backend, size, MOVED, 1);
        let first = size * MOVED + 1;
        let node_value = if backend == DbBackend::Postgres {
            format!("${first}")
        } else {
            "?".to_owned()
        };
        // Writing to a String cannot fail.
        let _ = write!(sql, ") AS v WHERE deliveries.id = v.column1 AND {owner} = {node_value}");
        let rows = moved.by_ref().take(size).flat_map(|moved| -> [Value; MOVED] {
            [
                moved.id.into(),
                moved.state.as_str().into(),
                moved.due.map(|due| due.0).into(),
                moved.reason.clone().into(),
                i32::try_from(moved.attempts).unwrap_or(i32::MAX).into(),
                i32::try_from(moved.retries).unwrap_or(i32::MAX).into(),
                moved.made.into(),
                i32::try_from(moved.breaks).unwrap_or(i32::MAX).into(),
                now.0.into(),
            ]
        });
        let values: Vec<Value> = rows.chain([node.0.into()]).collect();
        transaction.run(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(())
}

/// Adds callbacks to the hourly statistics of their webhooks and to this node's total.
async fn count<'a>(transaction: &impl Sql, node: NodeId, callbacks: impl Iterator<Item = &'a NewCallback>) -> Result<(), StoreError> {
    const STATS: Insert<5> = Insert {
        table: "webhook_stats",
        columns: ["webhook_id", "hour", "latency", "succeeded", "failed"],
        tail: "ON CONFLICT (webhook_id, hour, latency) DO UPDATE SET succeeded = webhook_stats.succeeded + excluded.succeeded, \
               failed = webhook_stats.failed + excluded.failed",
    };
    // Sorted, so that two nodes lock the rows in the same order and cannot deadlock.
    let mut counts: BTreeMap<(Uuid, i64, i32), (i64, i64)> = BTreeMap::new();
    for callback in callbacks {
        let (hour, latency) = (stats::hour(callback.at), Latency::of_ms(callback.duration_ms).0);
        for key in [(callback.webhook.0, hour, latency), (total_of(node), hour, 0)] {
            let (succeeded, failed) = counts.entry(key).or_default();
            match callback.answer.outcome() {
                Outcome::Succeeded => *succeeded += 1,
                Outcome::Failed => *failed += 1,
            }
        }
    }
    let rows = counts
        .into_iter()
        .map(|((webhook, hour, latency), (succeeded, failed))| -> [Value; 5] {
            [webhook.into(), hour.into(), latency.into(), succeeded.into(), failed.into()]
        });
    STATS.run(transaction, rows.collect()).await?;
    Ok(())
}
