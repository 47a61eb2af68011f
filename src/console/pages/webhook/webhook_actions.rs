//! The buttons beside the form of a webhook: test event, copy, new secret, deletion.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            popup::Popup,
            time::{Time, TimeView},
        },
        islands::CopyField,
        pages::deliveries::{
            discard_forms::{SendHeld, send_held},
            send_again::SendAgainMenu,
        },
        pages::guide::VerifyingCode,
        pages::webhook::{
            load_form::{ActionResult, FormView},
            save::Intent,
            test_event::TestEventButton,
        },
        pages::webhooks::list_origin::with_list,
        server::event_types_loaded,
        viewer::lang,
    },
    domain::event_type::{EventPattern, EventTypeState},
    messages::{Lang, guide, webhook as say},
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
        <div class="actions webhook-actions">
            {(held > 0 && enabled).then(|| view! { <SendHeld id=id.clone() text=send_held(held, lang) /> })}
            <TestEventButton id=id.clone() events action=path.clone() is_next_step=false />
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
pub(super) fn outcome(acted: &ActionResult, id: &str, lang: Lang) -> AnyView {
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
        .map(|secret| view! { <SecretOnce id="rotated-secret" heading=say::rotated(lang) secret old_until=acted.old_until.clone() path=format!("/webhooks/{id}") /> });
    view! {
        {refused}
        {secret}
    }
    .into_any()
}

/// A secret that is shown once: the secret itself, and as an environment variable.
#[component]
pub(super) fn SecretOnce(
    /// The id of the notice, and the beginning of the ids of its fields.
    id: &'static str,
    /// What it says above the secret.
    heading: &'static str,
    /// The secret.
    secret: String,
    /// How long the former secret still signs.
    #[prop(optional_no_strip)]
    old_until: Option<TimeView>,
    /// The page of the webhook.
    path: String,
) -> impl IntoView {
    let lang = lang();
    let field = |name: &str, label: AnyView, value: String| {
        let field = format!("{id}-{name}");
        view! {
            <p>
                <label for=field.clone()>{label}</label>
            </p>
            <div class="pair">
                <input id=field.clone() class="mono" readonly value=value autocomplete="off" spellcheck="false" />
                <CopyField field />
            </div>
        }
    };
    let variable = format!("WEBHOOK_SECRET={secret}");
    view! {
        <div class="notice good once" role="status" id=id>
            {field("value", view! { <strong>{heading}</strong> }.into_any(), secret)}
            {old_until
                .map(|at| {
                    view! {
                        <p>
                            {say::rotated_until(lang)} " " <Time at />
                        </p>
                    }
                })}
            {field("env", say::fresh_env(lang).into_any(), variable)}
            <details class="verifying">
                <summary>{say::verifying_code(lang)}</summary>
                <VerifyingCode is_open=false />
            </details>
            <p>
                <a class="button" href=with_list(&format!("{path}?stored=1"))>
                    {say::stored_it(lang)}
                </a>
                " "
                <a href=format!("{path}/verify") target="_blank" rel="external">
                    {guide::verify_link(lang)}
                </a>
            </p>
        </div>
    }
}
