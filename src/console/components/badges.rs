//! Badges of states: an icon, a word and a colour, because colour alone is not accessible.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{CROSS, Icon, PAUSE, TICK},
        viewer::lang,
    },
    domain::webhook::Status,
    messages::common,
};

/// The badge of a webhook's status.
#[component]
pub(in crate::console) fn StatusBadge(
    /// The status.
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

/// The badge of a callback's response: "202 Accepted", "TimedOut".
#[component]
pub(in crate::console) fn ResponseBadge(
    /// Whether the callback succeeded.
    succeeded: bool,
    /// The status code, if there was a response.
    status: Option<u16>,
    /// The name of the status code or of the error.
    response: String,
    /// Whether to show only the status code.
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
