//! Icons in the colour of the text. Screen readers ignore them, because each has a word beside it.

use leptos::prelude::*;

/// The logo.
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
    /// The data of the SVG path.
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
/// A sun.
pub(in crate::console) const SUN: &str = "M6 3.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4M6 .8v.6M6 10.6v.6M.8 6h.6M10.6 6h.6M2.3 2.3l.4.4M9.3 9.3l.4.4M9.7 2.3l-.4.4M2.7 9.3l-.4.4";
/// A moon.
pub(in crate::console) const MOON: &str = "M10.4 7.3A4.6 4.6 0 0 1 4.7 1.6a4.6 4.6 0 1 0 5.7 5.7z";
/// A disc with a light half.
pub(in crate::console) const CONTRAST: &str = "M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM6 1.5v9M6 4.2h3.9M6 6.8h4.3M6 9.3h2.8";
/// Two bars.
pub(in crate::console) const PAUSE: &str = "M4.5 3v6M7.5 3v6";
