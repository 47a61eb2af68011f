//! The subscriptions of all webhooks, cached until a webhook changes.

use std::{collections::HashMap, sync::Arc};

use crate::{
    domain::{event_type::EventType, id::WebhookId},
    storage::{StoreError, catalogue_revision::CatalogueRevision, change_notifications, executor::Executor, raw_sql::statement},
};

/// Maximum number of subscriptions in the lists that are kept per event type. Beyond it, the lists are made again, so that memory is bounded
/// when thousands of webhooks are subscribed to thousands of types by patterns.
const KEPT_MAX: usize = 1_000_000;

/// A webhook that is subscribed to an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) webhook: WebhookId,
    /// Whether the webhook is enabled.
    pub(super) enabled: bool,
    /// Whether events with the same subject are sent one after the other.
    pub(super) ordered: bool,
}

#[derive(Default)]
pub(super) struct Subscriptions {
    /// Learns of changes of event types that other processes made: the row with both revisions is read anyway.
    catalogue: CatalogueRevision,
    revision: Option<i64>,
    /// The webhooks per pattern as it is written: `invoice.paid`, `invoice.*`, `*`. Sorted by their id.
    by_pattern: HashMap<String, Arc<[Subscription]>>,
    /// The webhooks per published type: those of all patterns that match it.
    by_type: HashMap<EventType, Arc<[Subscription]>>,
    /// The number of subscriptions in `by_type`, without lists that are shared with `by_pattern`.
    kept: usize,
}

impl Subscriptions {
    pub(super) fn new(catalogue: CatalogueRevision) -> Self {
        Self {
            catalogue,
            ..Self::default()
        }
    }

    /// Reloads the subscriptions if a webhook has changed since the last load, and prepares the lists of these types.
    pub(super) async fn refresh<'a>(
        &mut self,
        transaction: &impl Executor,
        types: impl Iterator<Item = &'a EventType>,
    ) -> Result<(), StoreError> {
        let revisions = change_notifications::read(transaction).await?;
        if let Some(revisions) = revisions {
            self.catalogue.learn(revisions.event_types);
        }
        let revision = revisions.map(|revisions| revisions.webhooks);
        if revision.is_none() || revision != self.revision {
            self.load(transaction).await?;
            self.revision = revision;
        }
        for event_type in types {
            self.keep(event_type);
        }
        Ok(())
    }

    async fn load(&mut self, transaction: &impl Executor) -> Result<(), StoreError> {
        let sql = "SELECT e.event_type, e.webhook_id, w.enabled, w.ordered FROM webhook_events e \
                   JOIN webhooks w ON w.id = e.webhook_id WHERE w.deleted_at IS NULL ORDER BY e.webhook_id";
        let rows = transaction.rows(statement(transaction.backend(), sql, [])).await?;
        let mut by_pattern: HashMap<String, Vec<Subscription>> = HashMap::new();
        for row in rows {
            by_pattern.entry(row.get("event_type")?).or_default().push(Subscription {
                webhook: WebhookId(row.get("webhook_id")?),
                enabled: row.get("enabled")?,
                ordered: row.get("ordered")?,
            });
        }
        self.by_pattern = by_pattern
            .into_iter()
            .map(|(pattern, webhooks)| (pattern, webhooks.into()))
            .collect();
        self.forget();
        Ok(())
    }

    fn forget(&mut self) {
        self.by_type.clear();
        self.kept = 0;
    }

    fn keep(&mut self, event_type: &EventType) {
        if self.by_type.contains_key(event_type) {
            return;
        }
        let (webhooks, shared) = self.find(event_type);
        // One more for the entry itself: types to which nobody is subscribed are kept, too.
        self.kept += if shared { 1 } else { 1 + webhooks.len() };
        if self.kept > KEPT_MAX {
            self.forget();
        }
        self.by_type.insert(event_type.clone(), webhooks);
    }

    /// The webhooks that are subscribed to a type, each once, sorted by their id.
    pub(super) fn of(&self, event_type: &EventType) -> Arc<[Subscription]> {
        self.by_type.get(event_type).cloned().unwrap_or_else(|| self.find(event_type).0)
    }

    /// Looks up the patterns that match a type. Also returns whether the list is that of one pattern.
    fn find(&self, event_type: &EventType) -> (Arc<[Subscription]>, bool) {
        let patterns = event_type.patterns();
        let mut lists = patterns.iter().filter_map(|pattern| self.by_pattern.get(pattern));
        let (Some(first), second) = (lists.next(), lists.next()) else {
            return (Arc::default(), true);
        };
        let Some(second) = second else {
            return (first.clone(), true);
        };
        let mut all: Vec<Subscription> = [first, second]
            .into_iter()
            .chain(lists)
            .flat_map(|list| list.iter().copied())
            .collect();
        all.sort_unstable_by_key(|subscription| subscription.webhook);
        all.dedup_by_key(|subscription| subscription.webhook);
        (all.into(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::new_id;

    fn subscriptions(of: &[(&str, &[WebhookId])]) -> Subscriptions {
        let list = |webhooks: &[WebhookId]| {
            let webhooks = webhooks.iter().map(|webhook| Subscription {
                webhook: *webhook,
                enabled: true,
                ordered: false,
            });
            webhooks.collect::<Vec<_>>().into()
        };
        Subscriptions {
            by_pattern: of
                .iter()
                .map(|(pattern, webhooks)| ((*pattern).to_owned(), list(webhooks)))
                .collect(),
            ..Subscriptions::default()
        }
    }

    fn found(subscriptions: &Subscriptions, name: &str) -> Vec<WebhookId> {
        subscriptions.of(&EventType::of_stored(name)).iter().map(|to| to.webhook).collect()
    }

    #[test]
    fn a_webhook_that_matches_by_several_patterns_is_found_once() {
        let [one, two, three] = [(); 3].map(|()| new_id::<WebhookId>());
        let mut all = subscriptions(&[
            ("invoice.paid", &[one]),
            ("invoice.*", &[one, two]),
            ("*", &[one, three]),
            ("invoice.paid.late", &[three]),
        ]);
        for kept in [false, true] {
            assert_eq!(found(&all, "invoice.paid"), [one, two, three]);
            assert_eq!(found(&all, "invoice.sent"), [one, two, three]);
            assert_eq!(found(&all, "invoice"), [one, three]);
            assert_eq!(found(&all, "order.paid"), [one, three]);
            if !kept {
                for name in ["invoice.paid", "invoice.sent", "invoice", "order.paid"] {
                    all.keep(&EventType::of_stored(name));
                }
            }
        }
        assert_eq!(all.kept, 4 + 3 + 3);
    }

    #[test]
    fn without_a_subscription_nothing_is_found() {
        let mut none = subscriptions(&[("invoice.*", &[new_id()])]);
        none.keep(&EventType::of_stored("invoice"));
        assert_eq!(found(&none, "invoice"), []);
        assert_eq!(found(&none, "invoicing.done"), []);
    }

    #[test]
    fn lists_are_made_again_beyond_the_limit() {
        let mut all = subscriptions(&[("*", &[new_id()]), ("a.*", &[new_id()])]);
        all.kept = KEPT_MAX - 1;
        all.keep(&EventType::of_stored("b"));
        assert_eq!((all.by_type.len(), all.kept), (1, KEPT_MAX));
        all.keep(&EventType::of_stored("a.b"));
        assert_eq!((all.by_type.len(), found(&all, "a.b").len()), (1, 2));
    }
}
