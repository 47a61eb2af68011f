//! Following a log: what is logged while somebody looks at it, by this node or another.

use std::{collections::HashSet, time::Duration};

use tokio::{sync::watch, time::sleep};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        id::{CallbackId, WebhookId},
        timestamp::Timestamp,
    },
    services::error::UseCaseError,
    services::webhooks::reachable,
    storage::{
        StoreError,
        callbacks::LogFilter,
        log::NEWS_MAX,
        uuid_time::{made_at, oldest_id_of},
    },
};

/// Pause between two looks: what is logged in a burst is told at once.
const PAUSE: Duration = Duration::from_millis(250);
/// How often a look is taken for what other nodes logged. (`NOTIFY` with each group of results would make their commits wait for
/// each other.)
const OTHERS: Duration = Duration::from_secs(2);
/// A row appears when its transaction is committed, which may be so long after its id was made.
const OVERLAP: Duration = Duration::from_secs(5);
/// Nobody resumes from further back.
const BACK: Duration = Duration::from_hours(24);

/// What was logged since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// How many callbacks; 1,000 stands for that many or more.
    pub count: usize,
    /// The latest of them.
    pub last: CallbackId,
}

/// Follows one webhook's log.
pub struct Follower {
    app: AppState,
    webhook: WebhookId,
    filter: LogFilter,
    /// Everything that was made before is known.
    floor: CallbackId,
    /// What is known above it.
    known: HashSet<CallbackId>,
    recorded: watch::Receiver<()>,
}

impl Follower {
    /// Begins to follow what a filter shows, after this callback, or from now on.
    pub async fn start(
        app: &AppState,
        by: &Principal,
        webhook: WebhookId,
        filter: LogFilter,
        after: Option<CallbackId>,
    ) -> Result<Self, UseCaseError> {
        reachable(app, by, webhook, Action::ReadCallbacks).await?;
        let now = Timestamp::now();
        let oldest = CallbackId(oldest_id_of(now.minus(BACK)));
        let after = after.unwrap_or_else(|| CallbackId(oldest_id_of(now))).max(oldest);
        let mut follower = Self {
            app: app.clone(),
            webhook,
            filter,
            floor: CallbackId(oldest_id_of(made_at(after.0).minus(OVERLAP))),
            known: HashSet::new(),
            recorded: app.dispatcher.recorded(),
        };
        follower.known = follower.found().await?.into_iter().filter(|id| *id <= after).collect();
        Ok(follower)
    }

    /// Waits until something may have been logged.
    pub async fn wait(&mut self) {
        if self.app.store.is_shared() {
            tokio::select! {
                _ = self.recorded.changed() => {}
                () = sleep(OTHERS) => {}
            }
        } else {
            // An error means that the dispatcher is gone, and with it everything to wait for.
            if self.recorded.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        sleep(PAUSE).await;
    }

    /// Looks what was logged since the last look.
    pub async fn look(&mut self) -> Result<Option<News>, StoreError> {
        self.recorded.mark_unchanged();
        let looked = Timestamp::now();
        let found = self.found().await?;
        let fresh = found.iter().filter(|id| !self.known.contains(*id));
        let news = fresh.clone().max().map(|last| News {
            count: fresh.count(),
            last: *last,
        });
        let floor = self.floor.max(CallbackId(oldest_id_of(looked.minus(OVERLAP))));
        // Of more than were found at once, the rest is not told apart any more.
        self.floor = if found.len() >= NEWS_MAX {
            found.iter().copied().max().unwrap_or(floor).max(floor)
        } else {
            floor
        };
        self.known.extend(found);
        let floor = self.floor;
        self.known.retain(|id| *id > floor);
        Ok(news)
    }

    async fn found(&self) -> Result<Vec<CallbackId>, StoreError> {
        let longest = self.app.dispatcher.timeout() + OVERLAP;
        let begun = made_at(self.floor.0).minus(longest);
        self.app.store.logged_after(self.webhook, &self.filter, self.floor, begun).await
    }
}
