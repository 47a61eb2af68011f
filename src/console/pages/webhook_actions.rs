//! What can be done with a webhook besides changing it: a test event, a copy, a new secret, its end. Plain forms beside the webhook's own.

use leptos::prelude::*;

use crate::{
    catalogue::EventType,
    console::{
        calls::{ActedView, FormView},
        components::time::Time,
        islands::CopyField,
    },
    messages::{Lang, webhook as say},
};

/// The id of the form that makes a new secret; its fields stand in the webhook's form.
pub(super) const ROTATE: &str = "rotate";

/// The buttons.
pub(super) fn actions(form: &FormView, lang: Lang) -> AnyView {
    let id = form.id.clone().unwrap_or_default();
    let path = format!("/webhooks/{id}");
    let heard: Vec<EventType> = form.fields.events.iter().filter_map(|event| event.parse().ok()).collect();
    let choice = (heard.len() > 1).then(|| {
        let options = heard
            .iter()
            .map(|event| view! { <option value=event.as_str()>{event.name_in(lang)}</option> });
        view! {
            <select name="event" aria-label=say::test_which(lang)>
                {options.collect_view()}
            </select>
        }
    });
    view! {
        <div class="actions">
            <form method="post" action=path.clone()>
                {choice}
                <button class="button" type="submit" name="intent" value="test">
                    {say::test(lang)}
                </button>
            </form>
            <a class="button" href=format!("/webhooks/new?from={id}")>
                {say::duplicate(lang)}
            </a>
            <form method="post" action=path.clone() id=ROTATE hidden></form>
            <details class="menu">
                <summary class="button">{say::delete(lang)}</summary>
                <form method="post" action=path class="card">
                    <p>{say::delete_why(lang)}</p>
                    <div class="field">
                        <label for="confirm">{say::delete_confirm(lang, &form.title)}</label>
                        <input id="confirm" name="confirm" autocomplete="off" spellcheck="false" required />
                    </div>
                    <button class="button danger" type="submit" name="intent" value="delete">
                        {say::delete_this(lang)}
                    </button>
                </form>
            </details>
        </div>
    }
    .into_any()
}

/// What came of the button that was pressed.
pub(super) fn outcome(acted: &ActedView, lang: Lang) -> AnyView {
    let refused = acted.refused.clone().map(|why| {
        view! {
            <p class="notice bad" role="alert">
                {why}
            </p>
        }
    });
    let secret = acted
        .secret
        .clone()
        .map(|secret| view! { <FreshSecret secret acted=acted.clone() lang /> });
    view! {
        {refused}
        {secret}
    }
    .into_any()
}

#[component]
fn FreshSecret(secret: String, acted: ActedView, lang: Lang) -> impl IntoView {
    view! {
        <div class="notice good" role="status">
            <p>
                <label for="fresh-secret">
                    <strong>{say::rotated(lang)}</strong>
                </label>
            </p>
            <div class="pair">
                <input id="fresh-secret" class="mono" readonly value=secret autocomplete="off" spellcheck="false" />
                <CopyField field="fresh-secret".to_owned() />
            </div>
            {acted
                .old_until
                .map(|at| {
                    view! {
                        <p>
                            {say::rotated_until(lang)} " " <Time at />
                        </p>
                    }
                })}
        </div>
    }
}
