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
/// An arrow that points down to a line.
pub(in crate::console) const DOWNLOAD: &str = "M6 1.5v6M3.5 5.2 6 7.7l2.5-2.5M2 10.3h8";
/// A cross.
pub(in crate::console) const CROSS: &str = "m3 3 6 6M9 3 3 9";
/// Two sheets, one behind the other.
pub(in crate::console) const COPY: &str = "M4.5 4.5h6v6h-6zM2.5 7.5h-1v-6h6v1";
/// An eye.
pub(in crate::console) const EYE: &str =
    "M1 6s1.8-3.4 5-3.4S11 6 11 6 9.2 9.4 6 9.4 1 6 1 6zM6 4.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8";
/// A sun.
pub(in crate::console) const SUN: &str = "M6 3.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4M6 .8v.6M6 10.6v.6M.8 6h.6M10.6 6h.6M2.3 2.3l.4.4M9.3 9.3l.4.4M9.7 2.3l-.4.4M2.7 9.3l-.4.4";
/// A moon.
pub(in crate::console) const MOON: &str = "M10.4 7.3A4.6 4.6 0 0 1 4.7 1.6a4.6 4.6 0 1 0 5.7 5.7z";
/// A disc with a filled half.
pub(in crate::console) const CONTRAST: &str =
    "M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM6 1.5v9M6 2.6a3.4 3.4 0 0 1 0 6.8M6 3.8a2.2 2.2 0 0 1 0 4.4M6 5a1 1 0 0 1 0 2";
/// Two bars.
pub(in crate::console) const PAUSE: &str = "M4.5 3v6M7.5 3v6";

/// An icon of the navigation, 16 by 16, from one path.
#[component]
pub(in crate::console) fn NavIcon(
    /// The data of the SVG path.
    path: &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon nav-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d=path />
        </svg>
    }
}

/// Four tiles.
pub(in crate::console) const TILES: &str = "M2.5 2.5H7V7H2.5zM9 2.5h4.5V7H9zM2.5 9H7v4.5H2.5zM9 9h4.5v4.5H9z";
/// A bolt.
pub(in crate::console) const BOLT: &str = "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z";
/// Layers.
pub(in crate::console) const LAYERS: &str = "M2.5 5 8 2.2 13.5 5 8 7.8zM2.5 8 8 10.8 13.5 8M2.5 11 8 13.8l5.5-2.8";
/// A key.
pub(in crate::console) const KEY: &str = "M10.5 2.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8.3 7.7 2.5 13.5M5 11l1.8 1.8";
/// A person.
pub(in crate::console) const PERSON: &str =
    "M8 7.8a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4M2.8 13.8c.4-2.7 2.4-4.1 5.2-4.1s4.8 1.4 5.2 4.1";
/// A sheet with lines.
pub(in crate::console) const SHEET: &str = "M3.8 1.8h8.4v12.4H3.8zM6.2 5h3.6M6.2 8h3.6M6.2 11h2";
/// A calendar.
pub(in crate::console) const CALENDAR: &str = "M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 1.8v3M10.5 1.8v3";
/// Code.
pub(in crate::console) const CODE: &str = "m5 4.5-3.5 3.5L5 11.5M11 4.5l3.5 3.5-3.5 3.5M9.2 3 6.8 13";
/// A door.
pub(in crate::console) const DOOR: &str = "M4 14V2h8v12M2.5 14h11M9.5 8h.01";
/// A shield.
pub(in crate::console) const SHIELD: &str = "M8 1.8 13 3.6v4c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6v-4z";
/// A card.
pub(in crate::console) const CARD: &str = "M1.8 4h12.4v8.5H1.8zM1.8 7h12.4M4 10h3";
/// A piece of a puzzle.
pub(in crate::console) const PUZZLE: &str = "M3 5h2.6a1.7 1.7 0 1 1 3.4 0h3.5v3.2a1.7 1.7 0 1 0 0 3.2V14H3z";

/// The icon of the group of an event type, by the beginning of its name.
pub(in crate::console) fn of_event(event: &str) -> &'static str {
    match event.split('.').next().unwrap_or_default() {
        "identity" => PERSON,
        "identity_request" => SHEET,
        "access" | "access_request" => DOOR,
        "visit" | "visit_event" | "visitor" => CALENDAR,
        "role" => SHIELD,
        "credential" => CARD,
        _ => PUZZLE,
    }
}
