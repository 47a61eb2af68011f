//! Progress of long operations, on standard error if it is a terminal.

use std::{future::Future, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows that something is going on until the operation ends. `indicatif` draws nothing if standard error is not a terminal.
pub(super) async fn while_working<T>(text: &str, operation: impl Future<Output = T>) -> T {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_message(text.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    let result = operation.await;
    bar.finish_and_clear();
    result
}

/// A bar for this many steps.
pub(super) fn steps(count: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}
