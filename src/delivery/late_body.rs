//! A response body that is still being received when the result of its attempt is stored.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use tokio::{sync::Semaphore, time::sleep};

use crate::{
    delivery::{client::redacted, endpoint_cache::CachedEndpoint, response_body::BodyReader},
    domain::id::CallbackId,
    storage::{
        Store,
        callbacks::{NewCallback, ShownHeaders},
        new_id,
    },
};

/// Maximum number of late bodies that are read at the same time. Further ones stay as they were when the result was stored, because each
/// needs a connection that the limits of attempts do not count.
static READERS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(512));
/// How often the body is offered to the log. The callback is stored with a group of others, usually within milliseconds.
const STORE_ATTEMPTS: u32 = 20;
/// Pause between these.
const STORE_PAUSE: Duration = Duration::from_millis(250);

pub(super) struct LateBody {
    callback: CallbackId,
    /// Has the redactor.
    endpoint: Arc<CachedEndpoint>,
    reader: BodyReader,
}

impl LateBody {
    /// The late body of this callback, which gets its id now.
    pub(super) fn new(callback: &NewCallback, endpoint: Arc<CachedEndpoint>, reader: BodyReader) -> Self {
        Self {
            callback: *callback.id.get_or_init(new_id),
            endpoint,
            reader,
        }
    }

    /// Reads the rest and stores the body with its callback.
    pub(super) async fn store(self, store: Store) {
        let Ok(_permit) = READERS.try_acquire() else { return };
        let CachedEndpoint::Open(endpoint) = &*self.endpoint else { return };
        let received = redacted(ShownHeaders::new(), self.reader.finish().await, &endpoint.redactor);
        for _ in 0..STORE_ATTEMPTS {
            match store.replace_response_body(self.callback, &received).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::debug!(%error, callback = %self.callback, "a response body cannot be stored now: {error}"),
            }
            sleep(STORE_PAUSE).await;
        }
        tracing::warn!(callback = %self.callback, "the log has only the beginning of a response body, because its callback was not stored in time");
    }
}
