//! Supervises the tasks of the dispatcher: a task that panics is logged and restarted.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Pause before the first restart. Each further pause is twice as long.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// Runs a task until it returns or the node stops.
pub(super) async fn keep<F: Future<Output = ()>>(stop: CancellationToken, what: &'static str, part: impl Fn() -> F) {
    let mut pause = FIRST;
    while AssertUnwindSafe(part()).catch_unwind().await.is_err() {
        tracing::error!(
            part = what,
            "fault in clearhook: the dispatcher task `{what}` panicked and is restarted"
        );
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn what_breaks_is_started_again_until_it_ends() {
        let starts = Cell::new(0);
        let part = || async {
            starts.set(starts.get() + 1);
            assert!(starts.get() == 3, "as a fault of the code would");
        };
        keep(CancellationToken::new(), "test", part).await;
        assert_eq!(starts.get(), 3);
    }

    #[tokio::test]
    async fn what_breaks_for_ever_does_not_hold_up_a_stop() {
        let stop = CancellationToken::new();
        let part = || async {
            stop.cancel();
            panic!("as a fault of the code would");
        };
        keep(stop.clone(), "test", part).await;
    }
}
