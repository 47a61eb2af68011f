//! Starts attempts when the delay of their webhook (rate limit, pause or circuit breaker) has ended.

use std::sync::Arc;

use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

use crate::delivery::{background::supervisor::BackgroundTask, engine::Engine};

pub(in crate::delivery) struct Delays {
    pub(in crate::delivery) engine: Arc<Engine>,
}

impl BackgroundTask for Delays {
    const NAME: &'static str = "delays";

    async fn run(&mut self, shutdown: &CancellationToken) {
        loop {
            let next = self.engine.next_delay();
            let delay_ended = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = delay_ended => self.engine.start_attempts(),
                () = self.engine.delays_changed() => {}
            }
        }
    }
}
