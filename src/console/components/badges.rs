//! States: an icon, a word and a colour, never colour alone.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{CROSS, Icon, PAUSE, TICK},
        viewer::lang,
    },
    domain::webhook::Status,
    messages::common,
};

/// A webhook's state.
#[component]
pub(in crate::console) fn StatusBadge(
    /// Which.
    status: Status,
) -> impl IntoView {
    let lang = lang();
    let (class, path, word) = match status {
        Status::Enabled => ("state good", TICK, common::status_enabled(lang)),
        Status::Disabled => ("state off", PAUSE, common::status_disabled(lang)),
        Status::Failing => ("state bad", CROSS, common::status_failing(lang)),
    };
    view! {
        <span class=class>
            <Icon path />
            {word}
        </span>
    }
}

/// A callback's response: "202 Accepted", "TimedOut".
#[component]
pub(in crate::console) fn ResponseBadge(
    /// Whether it is a success.
    succeeded: bool,
    /// The status code, when there was an answer.
    status: Option<u16>,
    /// Its name.
    response: String,
    /// Whether the code says enough.
    #[prop(optional)]
    short: bool,
) -> impl IntoView {
    let (class, path) = if succeeded { ("state good", TICK) } else { ("state bad", CROSS) };
    let code = status.filter(|_| short).map(|status| status.to_string());
    let text = match status {
        Some(status) if status.to_string() != response => format!("{status} {response}"),
        _ => response,
    };
    view! {
        <span class=class title=text.clone()>
            <Icon path />
            <span>{code.unwrap_or_else(|| text.clone())}</span>
        </span>
    }
}
