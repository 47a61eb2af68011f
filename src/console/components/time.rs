//! A timestamp: in the viewer's time zone, and in UTC as its tooltip.

use leptos::prelude::*;

pub use crate::console::server::{TimeView, relative::AgoView};

/// A timestamp.
#[component]
pub(in crate::console) fn Time(
    /// The timestamp.
    at: TimeView,
) -> impl IntoView {
    view! {
        <time datetime=at.datetime title=at.utc>
            {at.text}
        </time>
    }
}

/// A timestamp relative to now, with the exact time as its tooltip.
#[component]
pub(in crate::console) fn Ago(
    /// The timestamp.
    at: AgoView,
) -> impl IntoView {
    view! {
        <time datetime=at.datetime title=at.exact>
            {at.text}
        </time>
    }
}
