//! A live stream of attempts with their requests and responses, for programs. A stream continues after any attempt, without a gap and without
//! sending one twice.
//!
//! On SQLite callbacks are committed in the order of their ids, so an id is a position. On PostgreSQL a node may commit one after another
//! node has committed one with a later id. So a position also has the snapshot with which the stream was read: what the snapshot does not
//! see was committed later, and is sent.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::sleep};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        event_type::EventPattern,
        id::{CallbackId, WebhookId},
        stream_position::StreamPosition,
    },
    services::error::UseCaseError,
    services::webhooks::authorize,
    storage::{StoreError, callbacks::CallbackDetails, log::feed::LoggedCallback},
};

/// Pause between two queries, so that a burst of callbacks takes few of them.
const PAUSE: Duration = Duration::from_millis(50);
/// Interval of queries for callbacks that other nodes logged.
const OTHERS: Duration = Duration::from_millis(500);
/// The longest time from the creation of a callback's id to its commit, plus the difference between the clocks of two nodes. What is
/// committed even later, because a node could not reach the database for longer, is in the log but not in live streams.
const LATE: Duration = Duration::from_secs(30);
/// On PostgreSQL the pause is at least this many times as long as the last query, which reads the ids of the last [`LATE`].
const PAUSE_FACTOR: u32 = 4;
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
    /// The place after it. `None` while older attempts, which were committed late, follow.
    pub position: Option<StreamPosition>,
}

/// A stream of attempts.
pub struct AttemptFeed {
    app: AppState,
    filter: FeedFilter,
    /// The place up to which the log has been examined.
    examined: StreamPosition,
    /// How long the last query took.
    took: Duration,
    /// The callbacks that match and are not loaded yet, with the places after them.
    waiting: VecDeque<(CallbackId, Option<StreamPosition>)>,
    /// Loaded, and not sent yet.
    loaded: VecDeque<FeedItem>,
    /// How many callbacks are loaded next: fewer if the last ones were large.
    load: usize,
    recorded: watch::Receiver<()>,
}

impl AttemptFeed {
    /// Starts a stream after the given position, or from now on.
    pub async fn start(app: &AppState, by: &Principal, filter: FeedFilter, after: Option<StreamPosition>) -> Result<Self, UseCaseError> {
        filter.authorize(app, by).await?;
        let recorded = app.dispatcher.recorded();
        let examined = match after {
            // Which older callbacks the client has is not known: those that are committed so far.
            Some(StreamPosition { callback, snapshot: None }) => StreamPosition {
                callback,
                snapshot: app.store.log_snapshot().await?,
            },
            Some(after) => after,
            None => app.store.end_of_log().await?,
        };
        Ok(Self {
            app: app.clone(),
            filter,
            examined,
            took: Duration::ZERO,
            waiting: VecDeque::new(),
            loaded: VecDeque::new(),
            load: 1,
            recorded,
        })
    }

    /// The place after which the stream begins.
    pub const fn position(&self) -> &StreamPosition {
        &self.examined
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
        sleep(PAUSE.max(self.took * PAUSE_FACTOR)).await;
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
            let began = Instant::now();
            let (found, now) = self.app.store.logged_since(&self.examined, LATE, EXAMINED).await?;
            self.took = if self.app.store.is_shared() {
                began.elapsed()
            } else {
                Duration::ZERO
            };
            let before = std::mem::replace(&mut self.examined, now);
            let (late, new): (Vec<_>, Vec<_>) = found.iter().partition(|logged| logged.id <= before.callback);
            let is_all = (new.len() as u64) < EXAMINED;
            let after = |callback| StreamPosition {
                callback,
                snapshot: self.examined.snapshot.clone(),
            };
            let late = late.into_iter().filter(|logged| self.filter.matches(logged));
            self.waiting.extend(late.map(|logged| (logged.id, None)));
            // After the last of the late ones, nothing up to the former place is missing.
            if let Some((_, position)) = self.waiting.back_mut() {
                *position = Some(after(before.callback));
            }
            let new = new.into_iter().filter(|logged| self.filter.matches(logged));
            self.waiting.extend(new.map(|logged| (logged.id, Some(after(logged.id)))));
            if is_all || !self.waiting.is_empty() {
                return Ok(());
            }
        }
    }

    /// Loads the next callbacks that match.
    async fn load(&mut self) -> Result<(), StoreError> {
        let ids: Vec<_> = self.waiting.iter().take(self.load).map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let attempts = self.app.store.callbacks_with_bodies(&ids).await?;
        let mut positions: HashMap<_, _> = self.waiting.drain(..ids.len()).collect();
        let bytes: usize = attempts.iter().map(size).sum();
        let average = bytes / attempts.len().max(1);
        self.load = (LOADED_BYTES / average.max(1)).clamp(1, LOADED_MAX);
        self.loaded.extend(attempts.into_iter().map(|attempt| FeedItem {
            position: positions.remove(&attempt.record.id).flatten(),
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
