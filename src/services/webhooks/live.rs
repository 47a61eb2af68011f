//! Follows a log: detects callbacks that this node or another logs.

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
    services::webhooks::authorize,
    storage::{
        StoreError,
        callbacks::LogFilter,
        log::NEWS_MAX,
        uuid_time::{made_at, oldest_id_of},
    },
};

/// Minimum time between two queries, so that a burst of callbacks is reported at once.
const PAUSE: Duration = Duration::from_millis(250);
/// Interval of queries for callbacks that other nodes logged. A `NOTIFY` in each transaction of results would serialize the commits of
/// PostgreSQL.
const OTHERS: Duration = Duration::from_secs(2);
/// Maximum time between the creation of a callback's id and the commit that makes its row visible.
const OVERLAP: Duration = Duration::from_secs(5);
/// Maximum age of the callback from which a client can resume.
const BACK: Duration = Duration::from_hours(24);

/// New callbacks since the last query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Their number. 1,000 means 1,000 or more.
    pub count: usize,
    /// The newest of them.
    pub last: CallbackId,
}

/// Follows the log of a webhook.
pub struct Follower {
    app: AppState,
    webhook: WebhookId,
    filter: LogFilter,
    /// All callbacks with smaller ids have been reported.
    floor: CallbackId,
    /// The reported callbacks with ids from `floor`.
    known: HashSet<CallbackId>,
    recorded: watch::Receiver<()>,
}

impl Follower {
    /// Starts to follow the callbacks that match a filter, after the given callback or from now on.
    pub async fn start(
        app: &AppState,
        by: &Principal,
        webhook: WebhookId,
        filter: LogFilter,
        after: Option<CallbackId>,
    ) -> Result<Self, UseCaseError> {
        authorize(app, by, webhook, Action::ReadCallbacks).await?;
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

    /// Waits until there may be new callbacks.
    pub async fn wait(&mut self) {
        if self.app.store.is_shared() {
            tokio::select! {
                _ = self.recorded.changed() => {}
                () = sleep(OTHERS) => {}
            }
        } else {
            // An error means that the dispatcher has stopped, so there will be no more callbacks.
            if self.recorded.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        sleep(PAUSE).await;
    }

    /// Queries the new callbacks. `None` if there are none.
    pub async fn look(&mut self) -> Result<Option<News>, StoreError> {
        self.recorded.mark_unchanged();
        let now = Timestamp::now();
        let found = self.found().await?;
        let fresh = found.iter().filter(|id| !self.known.contains(*id));
        let news = fresh.clone().max().map(|last| News {
            count: fresh.count(),
            last: *last,
        });
        let floor = self.floor.max(CallbackId(oldest_id_of(now.minus(OVERLAP))));
        // The query returned its maximum. The rest is not reported individually.
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
