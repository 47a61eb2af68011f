//! The button "Send test event" of a webhook.

use leptos::{
    ev::SubmitEvent,
    html::{Form, Select},
    prelude::*,
};

use crate::{
    console::{ConsoleError, pages::webhook::save::Intent, viewer::lang},
    messages::webhook as say,
};

/// Sends a test event of this type to a webhook, or of the first subscribed type if `event` is not an event type. Waits a moment for the
/// callback, so that the log of the next page contains it.
#[server(prefix = "/fn", endpoint = "send_test_event")]
pub async fn send_test_event(id: String, #[server(default)] event: String) -> Result<(), ConsoleError> {
    use crate::{
        console::server::{action_error, caller},
        services::{error::UseCaseError, event_types, webhooks},
    };
    let (app, by) = caller()?;
    let Ok(id) = id.parse() else {
        return Err(action_error(UseCaseError::NotFound));
    };
    let sent = webhooks::test_and_wait(&app, &by, id, event_types::find(&app, &event).ok()).await;
    sent.map(drop).map_err(action_error)
}

/// The button, with the choice of the event type if there are several. With scripts, the page stays, with everything that was typed into the
/// form of the webhook.
#[island]
pub fn TestEventButton(
    /// The id of the webhook.
    id: String,
    /// The subscribed event types: names in the API and names for people.
    events: Vec<(String, String)>,
    /// Where the form is sent without scripts: the page.
    action: String,
    /// Whether it is what one does next, after the webhook was added.
    is_next_step: bool,
) -> impl IntoView {
    let lang = lang();
    let (class, text) = if is_next_step {
        ("button primary", say::first_test(lang))
    } else {
        ("button", say::test(lang))
    };
    let (form, choice) = (NodeRef::<Form>::new(), NodeRef::<Select>::new());
    let (test, sent) = (ServerAction::<SendTestEvent>::new(), RwSignal::new(false));
    let problem = RwSignal::new(None::<String>);
    Effect::new(move |_| match test.value().get() {
        Some(Ok(())) => sent.set(true),
        // Another page would be without the secret that this one shows once.
        Some(Err(error)) if is_next_step => problem.set(Some(error.text(lang))),
        // The answer to the plain form says what is wrong: that the webhook is disabled, for example.
        Some(Err(_)) => {
            if let Some(form) = form.get_untracked() {
                let _ = form.submit();
            }
        }
        None => {}
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !test.pending().get_untracked() {
            sent.set(false);
            problem.set(None);
            test.dispatch(SendTestEvent {
                id: id.clone(),
                // Read when it is sent: an option may have been chosen before the scripts ran.
                event: choice.get_untracked().map(|choice| choice.value()).unwrap_or_default(),
            });
        }
    };
    let choices = (events.len() > 1).then(|| {
        let options = events
            .into_iter()
            .map(|(event, name)| view! { <option value=event>{name}</option> })
            .collect_view();
        view! {
            <select name="event" aria-label=say::test_which(lang) node_ref=choice>
                {options}
            </select>
        }
    });
    view! {
        <form method="post" class="test-event" action=action node_ref=form on:submit=submit>
            <input type="hidden" name="intent" value=Intent::Test.to_string() />
            <button class=class type="submit" aria-busy=move || test.pending().get().then_some("true")>
                {text}
            </button>
            {choices}
        </form>
        <div role="status">
            {move || sent.get().then(|| view! { <p class="notice good">{say::tested(lang)}</p> })}
            {move || problem.get().map(|text| view! { <p class="notice bad">{text}</p> })}
        </div>
    }
}

#[cfg(feature = "ssr")]
impl crate::routes::Ruled for SendTestEvent {
    const RULE: crate::routes::Rule = crate::routes::Rule::Session(crate::auth::rules::Action::Resend);
}
