//! Deliveries as a queue: claimed under a lease, renewed, given back, settled.

use std::{collections::HashMap, sync::Arc};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::{Expr, LockBehavior, LockType},
};
use uuid::Uuid;

use crate::{
    catalogue::EventType,
    domain::{
        callback::Trigger,
        delivery::DeliveryState,
        id::{DeliveryId, EventId, NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        callbacks::NewCallback,
        entity::{delivery, event, webhook},
    },
};

/// Ids of one statement.
const IDS: usize = 500;

/// A delivery that this node owns and is to send.
#[derive(Clone, Debug)]
pub struct Job {
    /// Which.
    pub delivery: DeliveryId,
    /// Of which event.
    pub event: EventId,
    /// The event's type.
    pub event_type: EventType,
    /// Owed to which webhook.
    pub webhook: WebhookId,
    /// The callback's body.
    pub body: Arc<str>,
    /// Attempts made before.
    pub attempts: u32,
    /// Why the next one is made.
    pub trigger: Trigger,
}

/// How a delivery goes on after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is done.
    Succeeded,
    /// Try again then.
    RetryAt(Timestamp),
    /// No more attempts, for this reason.
    Failed(String),
    /// No more attempts, and the webhook is disabled for this reason.
    FailedAndDisable(String),
}

impl Store {
    /// Takes up to `limit` deliveries that are due, or whose owner is gone, longest due first.
    pub async fn claim(&self, node: NodeId, now: Timestamp, lease_until: Timestamp, limit: u64) -> Result<Vec<Job>, StoreError> {
        if !self.anything_to_claim(now).await? {
            return Ok(Vec::new());
        }
        let transaction = self.begin().await?;
        let mut rows = claimable(due(now))
            .order_by_asc(delivery::Column::DueAt)
            .limit(limit)
            .all(&transaction)
            .await?;
        let left = limit.saturating_sub(rows.len() as u64);
        rows.extend(claimable(orphaned(now)).limit(left).all(&transaction).await?);
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        for ids in ids.chunks(IDS) {
            delivery::Entity::update_many()
                .col_expr(delivery::Column::State, Expr::value(DeliveryState::Sending.as_str()))
                .col_expr(delivery::Column::LeaseOwner, Expr::value(node.0))
                .col_expr(delivery::Column::LeaseUntil, Expr::value(lease_until.0))
                .col_expr(delivery::Column::UpdatedAt, Expr::value(now.0))
                .filter(delivery::Column::Id.is_in(ids.to_vec()))
                .exec(&transaction)
                .await?;
        }
        let events = event::Entity::find()
            .filter(event::Column::Id.is_in(rows.iter().map(|row| row.event_id)))
            .all(&transaction)
            .await?;
        let bodies = bodies(events)?;
        let (rows, lost): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| bodies.contains_key(&row.event_id));
        if !lost.is_empty() {
            let lost: Vec<_> = lost.iter().map(|row| DeliveryId(row.id)).collect();
            let reason = Some("The event was deleted before it could be sent.".to_owned());
            settled(
                owned(delivery::Entity::update_many(), node, &lost),
                DeliveryState::Failed,
                reason,
                None,
                now,
            )
            .exec(&transaction)
            .await?;
        }
        transaction.commit().await?;
        rows.into_iter()
            .filter_map(|row| bodies.get(&row.event_id).map(|(event_type, body)| job(&row, *event_type, body)))
            .collect()
    }

    async fn anything_to_claim(&self, now: Timestamp) -> Result<bool, StoreError> {
        let any = delivery::Entity::find()
            .filter(Condition::any().add(due(now)).add(orphaned(now)))
            .limit(1)
            .one(&self.read)
            .await?;
        Ok(any.is_some())
    }

    /// When the next waiting delivery is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let pending = delivery::Entity::find().filter(delivery::Column::State.eq(DeliveryState::Pending.as_str()));
        let next = pending.order_by_asc(delivery::Column::DueAt).limit(1).one(&self.read).await?;
        Ok(next.and_then(|row| row.due_at).map(Timestamp))
    }

    /// Keeps these deliveries for longer.
    pub async fn renew(&self, node: NodeId, deliveries: &[DeliveryId], lease_until: Timestamp) -> Result<(), StoreError> {
        for ids in deliveries.chunks(IDS) {
            owned(delivery::Entity::update_many(), node, ids)
                .col_expr(delivery::Column::LeaseUntil, Expr::value(lease_until.0))
                .exec(&self.write)
                .await?;
        }
        Ok(())
    }

    /// Gives deliveries back that were not tried, for any node to claim.
    pub async fn release(&self, node: NodeId, deliveries: &[DeliveryId]) -> Result<(), StoreError> {
        for ids in deliveries.chunks(IDS) {
            free(owned(delivery::Entity::update_many(), node, ids)).exec(&self.write).await?;
        }
        Ok(())
    }

    /// Gives back everything that this node owned when it ended; answers how many.
    pub async fn release_all(&self, node: NodeId) -> Result<u64, StoreError> {
        let mine = delivery::Entity::update_many()
            .filter(delivery::Column::State.eq(DeliveryState::Sending.as_str()))
            .filter(delivery::Column::LeaseOwner.eq(node.0));
        Ok(free(mine).exec(&self.write).await?.rows_affected)
    }

    /// Sets a delivery aside because its webhook is disabled.
    pub async fn hold(&self, node: NodeId, delivery: DeliveryId, now: Timestamp) -> Result<(), StoreError> {
        self.settle_unsent(node, delivery, DeliveryState::Held, "The webhook is disabled.", now)
            .await
    }

    /// Ends a delivery that cannot be tried.
    pub async fn fail(&self, node: NodeId, delivery: DeliveryId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        self.settle_unsent(node, delivery, DeliveryState::Failed, reason, now).await
    }

    async fn settle_unsent(
        &self,
        node: NodeId,
        id: DeliveryId,
        state: DeliveryState,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        settled(
            owned(delivery::Entity::update_many(), node, &[id]),
            state,
            Some(reason.to_owned()),
            None,
            now,
        )
        .exec(&self.write)
        .await?;
        Ok(())
    }

    /// Writes an attempt to the log and moves its delivery on, both or neither.
    pub async fn record(&self, node: NodeId, callback: NewCallback, next: &Next) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let (id, webhook, attempts) = (callback.delivery, callback.webhook, callback.attempt);
        let transaction = self.begin().await?;
        callback.into_row()?.insert(&transaction).await?;
        let (state, reason, due) = match next {
            Next::Succeeded => (DeliveryState::Succeeded, None, None),
            Next::RetryAt(at) => (DeliveryState::Pending, None, Some(*at)),
            Next::Failed(reason) | Next::FailedAndDisable(reason) => (DeliveryState::Failed, Some(reason.clone()), None),
        };
        settled(owned(delivery::Entity::update_many(), node, &[id]), state, reason, due, now)
            .col_expr(delivery::Column::Attempts, Expr::value(i32::try_from(attempts).unwrap_or(i32::MAX)))
            .col_expr(delivery::Column::NextTrigger, Expr::value(Trigger::Retry.as_str()))
            .exec(&transaction)
            .await?;
        if let Next::FailedAndDisable(reason) = next {
            disable(&transaction, webhook, reason, now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

type Update = sea_orm::UpdateMany<delivery::Entity>;

fn due(now: Timestamp) -> Condition {
    Condition::all()
        .add(delivery::Column::State.eq(DeliveryState::Pending.as_str()))
        .add(delivery::Column::DueAt.lte(now.0))
}

fn orphaned(now: Timestamp) -> Condition {
    Condition::all()
        .add(delivery::Column::State.eq(DeliveryState::Sending.as_str()))
        .add(delivery::Column::LeaseUntil.lte(now.0))
}

/// Rows that another node is claiming at this moment are passed over, not waited for (PostgreSQL; SQLite has one writer).
fn claimable(which: Condition) -> sea_orm::Select<delivery::Entity> {
    delivery::Entity::find()
        .filter(which)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
}

fn owned(update: Update, node: NodeId, ids: &[DeliveryId]) -> Update {
    update
        .filter(delivery::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .filter(delivery::Column::LeaseOwner.eq(node.0))
        .filter(delivery::Column::State.eq(DeliveryState::Sending.as_str()))
}

fn free(update: Update) -> Update {
    unleased(update, DeliveryState::Pending)
}

fn unleased(update: Update, state: DeliveryState) -> Update {
    update
        .col_expr(delivery::Column::State, Expr::value(state.as_str()))
        .col_expr(delivery::Column::LeaseOwner, Expr::value(None::<Uuid>))
        .col_expr(delivery::Column::LeaseUntil, Expr::value(None::<i64>))
}

fn settled(update: Update, state: DeliveryState, reason: Option<String>, due: Option<Timestamp>, now: Timestamp) -> Update {
    unleased(update, state)
        .col_expr(delivery::Column::Reason, Expr::value(reason))
        .col_expr(delivery::Column::DueAt, Expr::value(due.map(|due| due.0)))
        .col_expr(delivery::Column::UpdatedAt, Expr::value(now.0))
}

async fn disable(transaction: &DatabaseTransaction, webhook: WebhookId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    let row = webhook::ActiveModel {
        id: Set(webhook.0),
        enabled: Set(false),
        disabled_reason: Set(Some(reason.to_owned())),
        updated_at: Set(now.0),
        ..Default::default()
    };
    row.update(transaction).await?;
    Ok(())
}

fn bodies(events: Vec<event::Model>) -> Result<HashMap<Uuid, (EventType, Arc<str>)>, StoreError> {
    let body = |event: event::Model| {
        let event_type = event
            .event_type
            .parse()
            .map_err(|_| StoreError::Corrupt(event.event_type.clone()))?;
        Ok((event.id, (event_type, Arc::from(event.body))))
    };
    events.into_iter().map(body).collect()
}

fn job(row: &delivery::Model, event_type: EventType, body: &Arc<str>) -> Result<Job, StoreError> {
    Ok(Job {
        delivery: DeliveryId(row.id),
        event: EventId(row.event_id),
        event_type,
        webhook: WebhookId(row.webhook_id),
        body: body.clone(),
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        trigger: row.next_trigger.parse()?,
    })
}
