//! What the page of a webhook says after its deliveries were sent again, discarded or cancelled. If a large amount is not done yet, the notice
//! has a form that continues; with scripts it sends itself (`console::client::go_on`).

use leptos::prelude::*;

use crate::{
    console::{
        href::page_query,
        pages::{deliveries::forms::Outcome, webhooks::list_origin::with_list},
        viewer::lang,
    },
    messages::deliveries as say,
};

/// The notice. Nothing if no such form was sent.
#[component]
pub(in crate::console::pages) fn Progress(
    /// The id of the webhook.
    id: String,
) -> impl IntoView {
    let lang = lang();
    let outcome = page_query::<Outcome>();
    let count = outcome.count.unwrap_or(0);
    let text = match (outcome.saved.as_deref()?, outcome.rest.is_some()) {
        ("recovered" | "discarded", true) => say::done_partly(lang, count),
        ("recovered", false) => say::done_sent(lang, count),
        ("discarded", false) => say::done_discarded(lang, count),
        ("tried", _) => say::done_tried(lang).to_owned(),
        ("redelivered", _) => say::done_redelivered(lang).to_owned(),
        ("cancelled", _) => say::done_cancelled(lang).to_owned(),
        _ => return None,
    };
    let more = outcome.rest.clone().map(|rest| {
        let path = format!("/webhooks/{id}");
        let action = if outcome.which.is_some() { "discard" } else { "send-again" };
        let hidden = |name: &'static str, value: Option<String>| value.map(|value| view! { <input type="hidden" name=name value=value /> });
        let action = with_list(&format!("{path}/deliveries/{action}"));
        view! {
            <form method="post" action=action data-go-on="true">
                {hidden("since", outcome.since.map(|since| since.to_string()))}
                {hidden("until", outcome.until.map(|until| until.to_string()))}
                {hidden("failed", outcome.failed.map(|failed| failed.to_string()))}
                {hidden("held", outcome.held.map(|held| held.to_string()))}
                {hidden("which", outcome.which.clone())}
                {hidden("rest", Some(rest))}
                {hidden("before", Some(count.to_string()))}
                <button class="button" type="submit">
                    {say::go_on(lang)}
                </button>
                <a class="button" href=with_list(&path)>
                    {say::stop(lang)}
                </a>
            </form>
        }
    });
    let class = if more.is_some() { "notice warn" } else { "notice good" };
    Some(view! {
        <div class=class role="status" id="progress">
            <p>{text}</p>
            {more}
        </div>
    })
}
