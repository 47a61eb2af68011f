//! A small chart of the last 24 hours.

use leptos::prelude::*;

/// The chart as two paths in an area of 95 by 22, drawn by the server, so that the browser receives no numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SparklineView {
    /// The callbacks that succeeded.
    pub succeeded: String,
    /// The callbacks that failed, above them.
    pub failed: String,
    /// The same in words.
    pub label: String,
}

/// The chart. Its numbers are in its label.
#[component]
pub(in crate::console) fn Sparkline(
    /// The data.
    sparkline: SparklineView,
) -> impl IntoView {
    view! {
        <svg class="spark" viewBox="0 0 95 22" width="95" height="22" role="img" aria-label=sparkline.label.clone()>
            <title>{sparkline.label.clone()}</title>
            <path class="base" d="M0 21.5h95" />
            <path class="ok" d=sparkline.succeeded />
            <path class="no" d=sparkline.failed />
        </svg>
    }
}
