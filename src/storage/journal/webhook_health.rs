//! The health of a webhook's receiver: since when all attempts fail, how many deliveries in a row exhausted their attempts, and whether
//! that disables the webhook.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryTrait, Value, sea_query::Expr};
use serde_json::json;

use crate::{
    domain::{
        audit::AuditAction,
        disabled::{DisabledReason, is_exhausted},
        id::WebhookId,
        timestamp::Timestamp,
    },
    storage::{
        StoreError,
        audit::{self, Actor, Entry},
        change_notifications,
        database_clock::NOW,
        entity::webhook,
        executor::Executor,
        journal::finished::{DisabledWebhook, Finished, Health},
        raw_sql::statement,
    },
};

/// The changes that a group of results makes to the health of one webhook. A success resets what came before it.
#[derive(Default)]
struct Changes {
    /// At least one attempt succeeded.
    works: bool,
    /// The first failed attempt since the last success of the group.
    failing_since: Option<Timestamp>,
    /// Deliveries that exhausted their attempts since the last success of the group, and the times of the first and the last one.
    exhausted: u32,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    disable_after: Duration,
    /// The receiver answered 410.
    is_gone: bool,
}

/// The effects of a group of results on all its webhooks.
#[derive(Default)]
pub(super) struct HealthEffects {
    /// Webhooks that were disabled.
    pub(super) disabled: Vec<DisabledWebhook>,
    /// Webhooks for which another node logged a success, so that this node must reload their health.
    pub(super) unclear: Vec<WebhookId>,
}

impl Changes {
    fn add(&mut self, change: &Health) {
        match change {
            Health::Works => {
                *self = Self {
                    works: true,
                    is_gone: self.is_gone,
                    ..Self::default()
                };
            }
            Health::FailingSince(at) => {
                self.failing_since.get_or_insert(*at);
            }
            Health::Exhausted { at, disable_after } => {
                self.failing_since.get_or_insert(*at);
                self.first.get_or_insert(*at);
                self.last = Some(*at);
                self.exhausted = self.exhausted.saturating_add(1);
                self.disable_after = *disable_after;
            }
            Health::Gone => self.is_gone = true,
        }
    }
}

/// Stores the changes of health in a group of results. For a webhook that worked before and still works, no statement is executed.
pub(super) async fn note(transaction: &impl Executor, results: &[Finished], now: Timestamp) -> Result<HealthEffects, StoreError> {
    // Sorted by id, so that all nodes lock the rows in the same order and cannot deadlock.
    let mut webhooks: BTreeMap<WebhookId, Changes> = BTreeMap::new();
    for finished in results {
        if let Some(change) = &finished.health {
            webhooks.entry(finished.job.webhook).or_default().add(change);
        }
    }
    let mut effects = HealthEffects::default();
    for (webhook, changes) in webhooks {
        note_one(transaction, webhook, &changes, now, &mut effects).await?;
    }
    Ok(effects)
}

async fn note_one(
    transaction: &impl Executor,
    webhook: WebhookId,
    changes: &Changes,
    now: Timestamp,
    effects: &mut HealthEffects,
) -> Result<(), StoreError> {
    let backend = transaction.backend();
    if changes.works {
        let works = webhook::Entity::update_many()
            .col_expr(webhook::Column::FailingSince, Expr::value(None::<i64>))
            .col_expr(webhook::Column::ExhaustedDeliveries, Expr::value(0))
            .col_expr(webhook::Column::ExhaustedSince, Expr::value(None::<i64>))
            .filter(webhook::Column::Id.eq(webhook.0))
            .filter(webhook::Column::FailingSince.is_not_null());
        transaction.run(works.build(backend)).await?;
    }
    if changes.is_gone {
        effects
            .disabled
            .extend(disable(transaction, webhook, DisabledReason::Gone, now).await?);
        return Ok(());
    }
    if let (Some(first), Some(last)) = (changes.first, changes.last) {
        return note_exhausted(transaction, webhook, changes, (first, last), now, effects).await;
    }
    if let Some(at) = changes.failing_since {
        let failing = webhook::Entity::update_many()
            .col_expr(webhook::Column::FailingSince, Expr::value(at.0))
            .filter(webhook::Column::Id.eq(webhook.0))
            .filter(webhook::Column::FailingSince.is_null());
        transaction.run(failing.build(backend)).await?;
    }
    Ok(())
}

/// Counts deliveries that exhausted their attempts, and disables the webhook if there are enough of them over a long enough period. The
/// count is stored in the webhook's row, so that it survives restarts and includes the results of all nodes.
async fn note_exhausted(
    transaction: &impl Executor,
    webhook: WebhookId,
    changes: &Changes,
    (first, last): (Timestamp, Timestamp),
    now: Timestamp,
    effects: &mut HealthEffects,
) -> Result<(), StoreError> {
    let backend = transaction.backend();
    // On PostgreSQL the period is measured by the database's clock, because a node's clock may be wrong or may be changed. On SQLite there
    // is only one node, and it corrects stored times when its clock changes (`delivery::clock_jump`).
    let (clock, at): (&str, fn(Timestamp) -> Option<Value>) = match backend {
        DbBackend::Postgres => (NOW, |_| None),
        _ => ("?", |at| Some(at.0.into())),
    };
    let sql = format!(
        "UPDATE webhooks SET failing_since = COALESCE(failing_since, ?), exhausted_deliveries = exhausted_deliveries + ?, \
         exhausted_since = COALESCE(exhausted_since, {clock}) WHERE id = ? AND enabled AND deleted_at IS NULL \
         RETURNING exhausted_deliveries, exhausted_since, {clock} AS counted_at"
    );
    let failing_since = changes.failing_since.unwrap_or(first);
    let count = i32::try_from(changes.exhausted).unwrap_or(i32::MAX);
    let values = [
        Some(failing_since.0.into()),
        Some(count.into()),
        at(first),
        Some(webhook.0.into()),
        at(last),
    ];
    let rows = transaction
        .rows(statement(backend, &sql, values.into_iter().flatten().collect::<Vec<Value>>()))
        .await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let deliveries = u32::try_from(row.get::<i32>("exhausted_deliveries")?).unwrap_or(0);
    let since = Timestamp(row.get::<i64>("exhausted_since")?);
    let counted_at = Timestamp(row.get::<i64>("counted_at")?);
    if !is_exhausted(deliveries, since, counted_at, changes.disable_after) {
        return Ok(());
    }
    if has_succeeded(transaction, webhook, since).await? {
        // A success was logged by another node, or at a moment when the failures were not yet stored. Counting restarts with the failures
        // of this group.
        let restarted = webhook::Entity::update_many()
            .col_expr(webhook::Column::ExhaustedDeliveries, Expr::value(count))
            .col_expr(webhook::Column::ExhaustedSince, Expr::value(counted_at.0))
            .col_expr(webhook::Column::FailingSince, Expr::value(failing_since.0))
            .filter(webhook::Column::Id.eq(webhook.0));
        transaction.run(restarted.build(backend)).await?;
        effects.unclear.push(webhook);
        return Ok(());
    }
    let reason = DisabledReason::Exhausted { deliveries, since };
    effects.disabled.extend(disable(transaction, webhook, reason, now).await?);
    Ok(())
}

/// Whether an attempt that started at `since` or later succeeded. Only successes have a 2xx status, which is in the index of the log.
async fn has_succeeded(transaction: &impl Executor, webhook: WebhookId, since: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS found FROM callbacks WHERE webhook_id = ? AND callback_date >= ? AND status BETWEEN 200 AND 299 LIMIT 1";
    let found = statement(transaction.backend(), sql, [webhook.0.into(), since.0.into()]);
    Ok(!transaction.rows(found).await?.is_empty())
}

/// Disables a webhook unless it is already disabled or deleted. Resets the counts, so that old failures do not disable it again later.
async fn disable(
    transaction: &impl Executor,
    webhook: WebhookId,
    reason: DisabledReason,
    now: Timestamp,
) -> Result<Option<DisabledWebhook>, StoreError> {
    let backend = transaction.backend();
    let sql = "UPDATE webhooks SET enabled = FALSE, disabled_reason = ?, exhausted_deliveries = 0, exhausted_since = NULL, \
               updated_at = CASE WHEN updated_at >= ? THEN updated_at + 1 ELSE ? END \
               WHERE id = ? AND enabled AND deleted_at IS NULL RETURNING name, updated_at";
    let text = reason.to_string();
    let values = [text.as_str().into(), now.0.into(), now.0.into(), webhook.0.into()];
    let rows = transaction.rows(statement(backend, sql, values)).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    change_notifications::raise(transaction, webhook).await?;
    let name = row.get::<String>("name")?;
    let entry = Entry::of_webhook(AuditAction::WebhookDisabled, webhook, &name)
        .before(json!({ "enabled": true, "disabled_reason": null }))
        .after(json!({ "enabled": false, "disabled_reason": text }));
    // `updated_at` is strictly increasing per webhook. The audit entry has the same time.
    let at = Timestamp(row.get::<i64>("updated_at")?);
    audit::add(transaction, &Actor::clearhook(), entry, at).await?;
    Ok(Some(DisabledWebhook { webhook, name, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(changes: &[Health]) -> Changes {
        let mut folded = Changes::default();
        for change in changes {
            folded.add(change);
        }
        folded
    }

    fn exhausted(at: i64) -> Health {
        Health::Exhausted {
            at: Timestamp(at),
            disable_after: Duration::from_secs(1),
        }
    }

    #[test]
    fn a_success_resets_what_came_before_it_in_the_same_group() {
        let changes = folded(&[
            exhausted(1),
            exhausted(2),
            Health::Works,
            Health::FailingSince(Timestamp(3)),
            exhausted(4),
            exhausted(5),
        ]);
        assert!(changes.works && !changes.is_gone);
        assert_eq!((changes.exhausted, changes.failing_since), (2, Some(Timestamp(3))));
        assert_eq!((changes.first, changes.last), (Some(Timestamp(4)), Some(Timestamp(5))));
        let changes = folded(&[exhausted(1), Health::Works]);
        assert!(changes.works && changes.exhausted == 0 && changes.failing_since.is_none());
        assert!(folded(&[Health::Gone, Health::Works]).is_gone, "410 stands whatever else happens");
    }
}
