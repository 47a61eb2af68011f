//! A live stream of attempts with their requests and responses, for programs. A stream continues after any callback, without a gap and without
//! sending one twice, because it sends callbacks in the order of their ids.
//!
//! A node commits callbacks in that order. Another node may commit one later than its id says. So while other nodes live, a callback is sent
//! only when it is older than [`SETTLED_AFTER`], and what is committed even later is found by looking back ([`LOOK_BACK`]).

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use uuid::Uuid;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        event_type::EventPattern,
        id::{CallbackId, WebhookId},
        timestamp::Timestamp,
    },
    services::error::UseCaseError,
    services::webhooks::authorize,
    storage::{
        StoreError,
        callbacks::CallbackDetails,
        log::feed::LoggedCallback,
        uuid_time::{made_at, oldest_id_of},
    },
};

/// Pause between two queries, so that a burst of callbacks takes few of them.
const PAUSE: Duration = Duration::from_millis(50);
/// Interval of queries for callbacks that other nodes logged.
const OTHERS: Duration = Duration::from_millis(500);
/// The time from the creation of a callback's id to its commit, and the difference between the clocks of two nodes.
const SETTLED_AFTER: Duration = Duration::from_secs(2);
/// How far before the last callback a stream looks for callbacks of other nodes that were committed late.
const LOOK_BACK: Duration = Duration::from_secs(30);
/// The interval at which it does.
const LOOK_BACK_EVERY: Duration = Duration::from_secs(1);
/// Callbacks per query, of which those that match are sent.
const EXAMINED: u64 = 1_000;
/// The size up to which callbacks are loaded together.
const LOADED_BYTES: usize = 512 * 1024;
/// The number up to which callbacks are loaded together.
const LOADED_MAX: usize = 50;

/// Which attempts a stream has.
#[derive(Clone, Debug, Default)]
pub struct FeedFilter {
    /// Only those of this webhook.
    pub webhook: Option<WebhookId>,
    /// Only those of events whose type matches this pattern.
    pub event: Option<EventPattern>,
}

impl FeedFilter {
    fn matches(&self, logged: &LoggedCallback) -> bool {
        self.webhook.is_none_or(|webhook| webhook == logged.webhook)
            && self.event.as_ref().is_none_or(|pattern| pattern.matches(&logged.event_type))
    }

    /// Whether the caller may read what the stream sends.
    pub async fn authorize(&self, app: &AppState, by: &Principal) -> Result<(), UseCaseError> {
        match self.webhook {
            Some(webhook) => authorize(app, by, webhook, Action::ReadCallbacks).await,
            None => Ok(by.may(Action::ReadCallbacks, false)?),
        }
    }
}

/// An attempt that a stream sends.
pub struct FeedItem {
    /// The attempt.
    pub attempt: CallbackDetails,
    /// Whether the stream can continue after it. False for a callback that was committed late: later ones were sent before it.
    pub is_position: bool,
}

/// A stream of attempts.
pub struct AttemptFeed {
    app: AppState,
    filter: FeedFilter,
    /// All callbacks up to this one have been examined.
    examined: CallbackId,
    /// On PostgreSQL, the ids of the examined callbacks of the last [`LOOK_BACK`].
    known: BTreeSet<CallbackId>,
    looked_back: Instant,
    /// The callbacks that match and are not loaded yet.
    waiting: VecDeque<(CallbackId, bool)>,
    /// Loaded, and not sent yet.
    loaded: VecDeque<FeedItem>,
    /// How many callbacks are loaded next: fewer if the last ones were large.
    load: usize,
    recorded: watch::Receiver<()>,
}

impl AttemptFeed {
    /// Starts a stream after the given callback, or from now on.
    pub async fn start(app: &AppState, by: &Principal, filter: FeedFilter, after: Option<CallbackId>) -> Result<Self, UseCaseError> {
        filter.authorize(app, by).await?;
        let recorded = app.dispatcher.recorded();
        let examined = match after {
            Some(after) => after,
            None => app.store.newest_callback().await?.unwrap_or(CallbackId(Uuid::nil())),
        };
        let mut feed = Self {
            app: app.clone(),
            filter,
            examined,
            known: BTreeSet::new(),
            looked_back: Instant::now(),
            waiting: VecDeque::new(),
            loaded: VecDeque::new(),
            load: 1,
            recorded,
        };
        if app.store.is_shared() {
            feed.known = feed.behind().await?.into_iter().map(|logged| logged.id).collect();
        }
        Ok(feed)
    }

    /// The callback after which the stream begins.
    pub const fn position(&self) -> CallbackId {
        self.examined
    }

    /// Waits until there may be new callbacks.
    pub async fn wait(&mut self) {
        if self.app.store.is_shared() {
            tokio::select! {
                _ = self.recorded.changed() => {}
                () = sleep(OTHERS) => {}
            }
        } else if self.recorded.changed().await.is_err() {
            // The dispatcher has stopped, so there will be no more callbacks.
            std::future::pending::<()>().await;
        }
        sleep(PAUSE).await;
    }

    /// The next attempts, a few at a time. Empty if there are none at present. They are read from the database when they are asked for, so a
    /// slow reader needs no memory here.
    pub async fn next(&mut self) -> Result<VecDeque<FeedItem>, StoreError> {
        // Callbacks of webhooks that were deleted meanwhile are not loaded.
        while self.loaded.is_empty() {
            if self.waiting.is_empty() {
                self.examine().await?;
            }
            if self.waiting.is_empty() {
                break;
            }
            self.load().await?;
        }
        Ok(std::mem::take(&mut self.loaded))
    }

    /// Finds callbacks that match.
    async fn examine(&mut self) -> Result<(), StoreError> {
        self.recorded.mark_unchanged();
        loop {
            let Some(mut to) = self.app.store.newest_callback().await? else {
                return Ok(());
            };
            if self.app.store.is_shared() {
                // Asked after the newest callback was read: a node that has logged anything until then had a lease before that.
                if !self.app.store.is_alone(self.app.node).await? {
                    to = to.min(CallbackId(oldest_id_of(Timestamp::now().minus(SETTLED_AFTER))));
                    self.look_back().await?;
                }
            }
            if to <= self.examined {
                return Ok(());
            }
            let found = self.app.store.logged_between(self.examined, to, EXAMINED).await?;
            let is_all = (found.len() as u64) < EXAMINED;
            self.examined = if is_all { to } else { found.last().map_or(to, |last| last.id) };
            let matching = found.iter().filter(|logged| self.filter.matches(logged));
            self.waiting.extend(matching.map(|logged| (logged.id, true)));
            self.remember(&found);
            if is_all || !self.waiting.is_empty() {
                return Ok(());
            }
        }
    }

    /// Remembers what was examined, and forgets what is too old to look back for.
    fn remember(&mut self, found: &[LoggedCallback]) {
        if self.app.store.is_shared() {
            self.known.extend(found.iter().map(|logged| logged.id));
            self.known = self.known.split_off(&self.oldest_behind());
        }
    }

    /// Finds callbacks that were committed after later ones had been sent.
    async fn look_back(&mut self) -> Result<(), StoreError> {
        if self.looked_back.elapsed() < LOOK_BACK_EVERY {
            return Ok(());
        }
        self.looked_back = Instant::now();
        let behind = self.behind().await?;
        let late: Vec<_> = behind.into_iter().filter(|logged| self.known.insert(logged.id)).collect();
        let matching = late.iter().filter(|logged| self.filter.matches(logged));
        self.waiting.extend(matching.map(|logged| (logged.id, false)));
        Ok(())
    }

    /// The callbacks of the last [`LOOK_BACK`] before the present position.
    async fn behind(&self) -> Result<Vec<LoggedCallback>, StoreError> {
        let (mut from, mut behind) = (self.oldest_behind(), Vec::new());
        loop {
            let found = self.app.store.logged_between(from, self.examined, EXAMINED).await?;
            let is_all = (found.len() as u64) < EXAMINED;
            from = found.last().map_or(from, |last| last.id);
            behind.extend(found);
            if is_all {
                return Ok(behind);
            }
        }
    }

    fn oldest_behind(&self) -> CallbackId {
        CallbackId(oldest_id_of(made_at(self.examined.0).minus(LOOK_BACK)))
    }

    /// Loads the next callbacks that match.
    async fn load(&mut self) -> Result<(), StoreError> {
        let next: Vec<_> = self.waiting.iter().take(self.load).copied().collect();
        if next.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = next.iter().map(|(id, _)| *id).collect();
        let attempts = self.app.store.callbacks_with_bodies(&ids).await?;
        self.waiting.drain(..next.len());
        let bytes: usize = attempts.iter().map(size).sum();
        let average = bytes / attempts.len().max(1);
        self.load = (LOADED_BYTES / average.max(1)).clamp(1, LOADED_MAX);
        self.loaded.extend(attempts.into_iter().map(|attempt| FeedItem {
            is_position: next.iter().any(|(id, is_position)| *id == attempt.record.id && *is_position),
            attempt,
        }));
        Ok(())
    }
}

/// About how much memory a callback takes.
fn size(attempt: &CallbackDetails) -> usize {
    let received = attempt.received.as_ref().map_or(0, |received| received.body.len());
    attempt.request_body.as_ref().map_or(0, String::len) + received + 2_048
}
