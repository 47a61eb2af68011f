//! Callbacks from the journal to the engine.

use std::sync::PoisonError;

use crate::{
    delivery::engine::Engine,
    domain::id::WebhookId,
    storage::{
        deliveries::Job,
        journal::{DisabledWebhook, Intake, Place, Recorded},
    },
};

impl Intake for Engine {
    fn reserve(&self, place: Place) -> bool {
        !self.stop.is_cancelled() && self.lease.is_held() && self.queues().reserve(place)
    }

    fn give_up(&self, reserved: &[Place]) {
        let mut queues = self.queues();
        for place in reserved {
            queues.give_up(*place);
        }
    }

    fn take(&self, jobs: Vec<Job>) {
        let mut unprepared = Vec::new();
        let mut queues = self.queues();
        for job in jobs {
            if self.sender.targets.is_limited(job.webhook, &mut queues) {
                queues.take(job);
            } else {
                unprepared.push(job);
            }
        }
        drop(queues);
        if let Some(me) = self.me.upgrade().filter(|_| !unprepared.is_empty()) {
            self.tasks.spawn(async move {
                for job in unprepared {
                    me.prepare(job.webhook).await;
                    me.queues().take(job);
                }
                me.pump();
            });
        }
        self.pump();
    }

    fn recorded(&self, recorded: Vec<Recorded>) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut queues = self.queues();
        for result in recorded {
            queues.recorded(result.delivery);
            if let Some(at) = result.again_at {
                self.due.at(at);
            }
            if !asked.is_empty() && asked.remove(&result.delivery) {
                self.due.now();
            }
        }
        drop(queues);
        self.recorded.send_replace(());
    }

    fn published(&self, events: u64, duplicates: u64) {
        self.counters.published(events, duplicates);
    }

    fn pending(&self) {
        self.due.now();
    }

    fn disabled(&self, disabled: DisabledWebhook) {
        let DisabledWebhook { webhook, name, reason } = disabled;
        self.counters.disabled(reason);
        tracing::warn!(
            %webhook,
            name,
            "the webhook \"{name}\" ({webhook}) is disabled: {reason} Its events are held. Repair the receiver, enable the webhook, and \
             recover the held events"
        );
        let Some(me) = self.me.upgrade() else { return };
        self.sender.targets.forget(webhook);
        self.tasks.spawn(async move { me.changed(webhook).await });
    }

    fn health_unclear(&self, webhook: WebhookId) {
        self.sender.targets.forget(webhook);
    }
}
