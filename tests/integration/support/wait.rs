//! Waiting for a condition, with a limit: never for luck.

use std::{
    future::Future,
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);

/// The pause between two questions, and between two bytes of a receiver that is slow on purpose.
pub(crate) async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

/// Asks until the answer is there, and fails after 20 s.
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
