//! Icons: drawn with the text's colour, silent for screen readers because a word stands beside each.

use leptos::prelude::*;

/// clearhook's mark.
#[component]
pub(in crate::console) fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d="M6.5 12.5a4 4 0 1 1 5.6-3.6" />
            <circle cx="12.4" cy="12.6" r="4" />
        </svg>
    }
}

/// A small icon of 12 by 12 from one path.
#[component]
pub(in crate::console) fn Icon(
    /// The path's data.
    path: &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <path d=path />
        </svg>
    }
}

/// A tick.
pub(in crate::console) const TICK: &str = "m2.5 6.5 2.3 2.3 4.7-5.3";
/// A cross.
pub(in crate::console) const CROSS: &str = "m3 3 6 6M9 3 3 9";
/// Two bars.
pub(in crate::console) const PAUSE: &str = "M4.5 3v6M7.5 3v6";
