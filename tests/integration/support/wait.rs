//! Waits for a condition, with a limit.

use std::{
    future::Future,
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);

/// The pause between two polls, and between two bytes of a receiver that is slow on purpose.
pub(crate) async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

/// Polls until there is a value, and fails after 20 s.
pub(crate) async fn wait_for<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        pause().await;
    }
}
