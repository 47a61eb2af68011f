//! A moment: in the viewer's zone, UTC on hover.

use leptos::prelude::*;

use crate::console::calls::TimeView;

/// A moment.
#[component]
pub(in crate::console) fn Time(
    /// Which.
    at: TimeView,
) -> impl IntoView {
    view! {
        <time datetime=at.datetime title=at.utc>
            {at.text}
        </time>
    }
}
