//! A small chart of the last 24 hours.

use leptos::prelude::*;

use crate::console::calls::BarsView;

/// The chart; its figures stand in its label.
#[component]
pub(in crate::console) fn Bars(
    /// What it shows.
    bars: BarsView,
) -> impl IntoView {
    view! {
        <svg class="spark" viewBox="0 0 95 22" width="95" height="22" role="img" aria-label=bars.label.clone()>
            <title>{bars.label.clone()}</title>
            <path class="base" d="M0 21.5h95" />
            <path class="ok" d=bars.succeeded />
            <path class="no" d=bars.failed />
        </svg>
    }
}
