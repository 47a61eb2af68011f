//! The buttons beside the form of a webhook: test event, copy, new secret, deletion.

use leptos::prelude::*;

use crate::{
    console::{
        components::{popup::Popup, time::Time},
        islands::CopyField,
        pages::deliveries::{
            discard_forms::{SendHeld, send_held},
            send_again::SendAgainMenu,
        },
        pages::webhook::{
            load_form::{ActionResult, FormView},
            save::Intent,
            test_event::TestEventButton,
        },
        pages::webhooks::list_origin::with_list,
        server::event_types_loaded,
    },
    domain::event_type::{EventPattern, EventTypeState},
    messages::{Lang, webhook as say},
};

/// Maximum number of event types in the choice of the test event.
const TEST_EVENTS_MAX: usize = 200;
/// The id of the form that makes a new secret. Its fields are in the form of the webhook.
pub(super) const ROTATE: &str = "rotate";

/// The buttons.
pub(super) fn actions(form: &FormView, enabled: bool, held: u64, lang: Lang) -> AnyView {
    let id = form.id.clone().unwrap_or_default();
    let path = with_list(&format!("/webhooks/{id}"));
    let patterns: Vec<EventPattern> = form.form.events.iter().map(|event| EventPattern::of_stored(event)).collect();
    let types = event_types_loaded();
    let live = types.all().iter().filter(|entry| entry.state() != EventTypeState::Archived);
    let subscribed = live.filter(|entry| patterns.iter().any(|pattern| pattern.matches(entry.event_type())));
    let events: Vec<_> = subscribed
        .take(TEST_EVENTS_MAX)
        .map(|entry| (entry.event_type().to_string(), entry.name_in(lang).to_owned()))
        .collect();
    let confirm = say::delete_confirm(lang, &form.title);
    view! {
        <div class="actions">
            {(held > 0 && enabled).then(|| view! { <SendHeld id=id.clone() text=send_held(held, lang) /> })}
            <TestEventButton id=id.clone() events action=path.clone() />
            {form.send_again.clone().map(|dialog| view! { <SendAgainMenu dialog enabled /> })}
            <a class="button" href=format!("/webhooks/new?from={id}")>
                {say::duplicate(lang)}
            </a>
            <form method="post" action=path.clone() id=ROTATE hidden></form>
            <Popup id="delete-webhook".to_owned() text=say::delete(lang) asks=true>
                <form method="post" action=path>
                    <p>{say::delete_why(lang)}</p>
                    <div class="field">
                        <label for="confirm">{confirm}</label>
                        <input id="confirm" name="confirm" autocomplete="off" spellcheck="false" required />
                    </div>
                    <button class="button danger" type="submit" name="intent" value=Intent::Delete.to_string()>
                        {say::delete_this(lang)}
                    </button>
                </form>
            </Popup>
        </div>
    }
    .into_any()
}

/// The result of the button that was pressed.
pub(super) fn outcome(acted: &ActionResult, lang: Lang) -> AnyView {
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
fn FreshSecret(secret: String, acted: ActionResult, lang: Lang) -> impl IntoView {
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
