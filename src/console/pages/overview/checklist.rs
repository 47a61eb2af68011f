//! The first steps of a new installation. Each is ticked by what is stored, so the ticks stay.

use axum::http::{header, request::Parts};
use leptos::prelude::*;
use serde_json::Value;

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        components::icon::{Icon, TICK},
        islands::CopyText,
        server::{event_types_loaded, response::is_secure, viewer::CHECKLIST},
        viewer::lang,
    },
    domain::event_type::EventTypeState,
    messages::overview as say,
    request::cookies,
    services::error::UseCaseError,
    services::webhooks::{Checklist, checklist},
};

/// The steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecklistView {
    steps: Checklist,
    /// A command that publishes an event to this server.
    command: String,
}

/// Loads the steps. `None` for viewers who cannot do them, and if the viewer has hidden the list.
pub(super) async fn load_checklist(app: &AppState, by: &Principal) -> Result<Option<ChecklistView>, UseCaseError> {
    let is_hidden = use_context::<Parts>().is_some_and(|parts| cookies::value(&parts.headers, CHECKLIST) == Some("off"));
    if is_hidden {
        return Ok(None);
    }
    let origin = origin(app);
    Ok(checklist(app, by).await?.map(|steps| ChecklistView {
        steps,
        command: command(&origin),
    }))
}

/// The address at which the viewer reaches this server.
fn origin(app: &AppState) -> String {
    let is_plain = |host: &&str| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte));
    let parts = use_context::<Parts>();
    let host = parts.as_ref().and_then(|parts| {
        let header = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        header.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str))
    });
    match host.filter(is_plain) {
        Some(host) => format!("{}://{host}", if is_secure() { "https" } else { "http" }),
        None => app.front.public_url.as_str().trim_end_matches('/').to_owned(),
    }
}

/// The command, for a POSIX shell: it publishes the shortest example of all event types.
fn command(origin: &str) -> String {
    let types = event_types_loaded();
    let offered = types.all().iter().filter(|entry| entry.state() != EventTypeState::Archived);
    let examples = offered.map(|entry| {
        let data = entry.examples().first().map_or_else(|| "{}".to_owned(), Value::to_string);
        (entry.event_type().to_string(), data)
    });
    let shortest = examples.min_by_key(|(_, data)| data.len());
    let (event, data) = shortest.unwrap_or_else(|| ("invoice.paid".to_owned(), r#"{"amount":100}"#.to_owned()));
    let data = data.replace('\'', r"'\''");
    format!(
        "curl -X POST '{origin}/api/v1/events?type={event}' \\\n  -H 'Authorization: Bearer YOUR_KEY' \\\n  -H 'Content-Type: application/json' \\\n  -d '{data}'"
    )
}

/// The list. Nothing if all steps are done.
#[component]
pub(super) fn Steps(
    /// The steps.
    checklist: ChecklistView,
    /// Whether there is a webhook.
    has_webhook: bool,
) -> impl IntoView {
    let (lang, Checklist { steps, has_factor }) = (lang(), checklist.steps);
    let publish = view! {
        <div class="command">
            <pre class="wire" tabindex="0" role="region" aria-label=say::command(lang)>
                {checklist.command.clone()}
            </pre>
            <CopyText text=checklist.command label=say::copy(lang).to_owned() />
        </div>
    };
    let all = [
        (
            has_webhook,
            "/webhooks/new",
            say::start_webhook(lang),
            say::start_webhook_why(lang),
            None,
        ),
        (steps.tested, "/webhooks", say::start_test(lang), say::start_test_why(lang), None),
        (steps.has_key, "/api-keys/new", say::start_key(lang), say::start_key_why(lang), None),
        (
            steps.published,
            "/event-types",
            say::start_publish(lang),
            say::start_publish_why(lang),
            Some(publish.into_any()),
        ),
        (has_factor, "/account", say::start_factor(lang), say::start_factor_why(lang), None),
    ];
    let (count, done) = (all.len(), all.iter().filter(|step| step.0).count());
    if done == count {
        return ().into_any();
    }
    let next = all.iter().position(|step| !step.0);
    let rows = all.into_iter().enumerate().map(|(at, (is_done, href, name, why, more))| {
        let state = if is_done { say::start_done(lang) } else { say::start_open(lang) };
        let rest = (!is_done).then(|| {
            view! {
                <p class="hint">{why}</p>
                {more}
            }
        });
        view! {
            <li class=if is_done { "step done" } else { "step" }>
                <span class="step-mark">
                    {is_done.then(|| view! { <Icon path=TICK /> })} <span class="visually-hidden">{state}</span>
                </span>
                <div>
                    <a href=href class=(next == Some(at)).then_some("button primary small")>
                        {name}
                    </a>
                    {rest}
                </div>
            </li>
        }
    });
    view! {
        <section class="card checklist" aria-labelledby="start">
            <div class="checklist-head">
                <h2 id="start">{say::start(lang)}</h2>
                <span class="hint">{say::start_progress(lang, count as u64, done as u64)}</span>
                <form method="post" action="/preferences">
                    <button class="quiet" type="submit" name="checklist" value="off">
                        {say::start_hide(lang)}
                    </button>
                </form>
            </div>
            <ol>{rows.collect_view()}</ol>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_publishes_an_event_even_without_event_types() {
        let command = command("https://hooks.example.com");
        assert!(
            command.starts_with("curl -X POST 'https://hooks.example.com/api/v1/events?type=invoice.paid' \\\n"),
            "{command}"
        );
        let data = command
            .split_once("-d '")
            .unwrap()
            .1
            .strip_suffix('\'')
            .unwrap()
            .replace(r"'\''", "'");
        assert!(serde_json::from_str::<serde_json::Value>(&data).unwrap().is_object());
    }
}
