//! Starts and stops background tasks. A task that panics is logged and restarted.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Pause before the first restart of a task. Each further pause is twice as long.
const RESTART_PAUSE: Duration = Duration::from_millis(100);
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(10);

/// A task that runs until the node stops.
pub(in crate::delivery) trait BackgroundTask: Send + 'static {
    /// The name of the task in log messages.
    const NAME: &'static str;

    /// Runs until `shutdown` is cancelled. Called again after a panic, so that the task must be able to begin from any of its states.
    fn run(&mut self, shutdown: &CancellationToken) -> impl Future<Output = ()> + Send;
}

/// A group of background tasks.
pub(in crate::delivery) struct Supervisor {
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Supervisor {
    /// Creates a supervisor whose tasks stop when `shutdown` is cancelled.
    pub(in crate::delivery) fn new(shutdown: CancellationToken) -> Self {
        Self {
            tasks: TaskTracker::new(),
            shutdown,
        }
    }

    /// Starts a task.
    pub(in crate::delivery) fn start(&self, task: impl BackgroundTask) {
        self.tasks.spawn(supervise(task, self.shutdown.clone()));
    }

    /// Stops all tasks and waits for their end.
    pub(in crate::delivery) async fn stop(&self) {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn supervise<T: BackgroundTask>(mut task: T, shutdown: CancellationToken) {
    let mut pause = RESTART_PAUSE;
    while AssertUnwindSafe(task.run(&shutdown)).catch_unwind().await.is_err() {
        tracing::error!(
            task = T::NAME,
            "fault in clearhook: the background task `{}` panicked; it is restarted in {} ms",
            T::NAME,
            pause.as_millis()
        );
        if shutdown.run_until_cancelled(sleep(pause)).await.is_none() {
            return;
        }
        pause = (pause * 2).min(RESTART_PAUSE_MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use tokio::time::timeout;

    use super::*;

    /// Panics in the first runs.
    struct Failing {
        panics: u32,
        runs: Arc<AtomicU32>,
    }

    impl BackgroundTask for Failing {
        const NAME: &'static str = "test";

        async fn run(&mut self, shutdown: &CancellationToken) {
            let run = self.runs.fetch_add(1, Ordering::Relaxed) + 1;
            assert!(run > self.panics, "a panic, as by a fault of the code");
            shutdown.cancelled().await;
        }
    }

    #[tokio::test]
    async fn a_task_that_panics_is_restarted_and_stops_with_the_supervisor() {
        let runs = Arc::new(AtomicU32::new(0));
        let supervisor = Supervisor::new(CancellationToken::new());
        supervisor.start(Failing {
            panics: 1,
            runs: runs.clone(),
        });
        while runs.load(Ordering::Relaxed) < 2 {
            sleep(Duration::from_millis(5)).await;
        }
        timeout(Duration::from_secs(1), supervisor.stop()).await.unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_task_that_always_panics_does_not_delay_the_shutdown() {
        let runs = Arc::new(AtomicU32::new(0));
        let supervisor = Supervisor::new(CancellationToken::new());
        supervisor.start(Failing {
            panics: u32::MAX,
            runs: runs.clone(),
        });
        while runs.load(Ordering::Relaxed) < 2 {
            sleep(Duration::from_millis(5)).await;
        }
        timeout(RESTART_PAUSE, supervisor.stop()).await.unwrap();
    }
}
