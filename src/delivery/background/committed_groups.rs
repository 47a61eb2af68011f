//! Applies the effects of the groups that the journal has committed: enqueues new deliveries, and notes stored results.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{background::supervisor::BackgroundTask, counters::Counters, engine::Engine, wakeup::Wakeup},
    storage::journal::{Committed, DisabledWebhook},
};

pub(in crate::delivery) struct CommittedGroups {
    pub(in crate::delivery) groups: mpsc::UnboundedReceiver<Committed>,
    pub(in crate::delivery) engine: Arc<Engine>,
    pub(in crate::delivery) wakeup: Arc<Wakeup>,
    pub(in crate::delivery) counters: Arc<Counters>,
}

impl BackgroundTask for CommittedGroups {
    const NAME: &'static str = "committed groups";

    /// Applies groups until the shutdown, and then those that are already committed.
    async fn run(&mut self, shutdown: &CancellationToken) {
        while let Some(Some(group)) = shutdown.run_until_cancelled(self.groups.recv()).await {
            self.apply(group);
        }
        while let Ok(group) = self.groups.try_recv() {
            self.apply(group);
        }
    }
}

impl CommittedGroups {
    fn apply(&self, group: Committed) {
        self.counters.published(group.events, group.duplicates);
        if !group.jobs.is_empty() {
            self.engine.enqueue(group.jobs, group.term);
        }
        if !group.recorded.is_empty() {
            self.engine.results_stored(&group.recorded);
        }
        if group.has_pending {
            self.wakeup.now();
        }
        for disabled in group.disabled {
            self.webhook_disabled(disabled);
        }
        for webhook in group.health_unclear {
            self.engine.forget_endpoint(webhook);
        }
    }

    fn webhook_disabled(&self, disabled: DisabledWebhook) {
        let DisabledWebhook { webhook, name, reason } = disabled;
        self.counters.disabled(reason);
        tracing::warn!(
            %webhook,
            name,
            "the webhook \"{name}\" ({webhook}) is disabled: {reason} Its events are held. Repair the receiver, enable the webhook, and \
             recover the held events"
        );
        self.engine.forget_endpoint(webhook);
        self.engine.apply_change_later(webhook);
    }
}
