//! The form of a new API key. The key is shown once, in the answer to the form.

use std::time::Duration;

use axum::{http::StatusCode, response::Response};
use jiff::tz::TimeZone;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::scope_name;
use crate::{
    auth::rules::Action,
    console::{
        ConsoleError,
        components::{
            field::{Required, TextField},
            form_page::FormPage,
            notice::{ErrorCount, ErrorSummary},
            one_time_secret::{OneTimeSecret, OneTimeSecretField},
        },
        error_view::{ErrorView, error_of},
        islands::{self, focus_first, takes_focus},
        page_action::PageAction,
        page_response::PageResponse,
        server::{action_error, caller, zone},
        viewer::lang,
    },
    domain::{role::Scope, timestamp::Timestamp},
    messages::{Lang, administration as say, validation::ValidationError},
    routes::{Rule, Ruled},
    services::{
        api_keys,
        error::{FieldError, UseCaseError},
    },
};

/// The path of the form.
pub(super) const PATH: &str = "/api-keys/new";

/// The periods that the form offers, in days.
const PRESETS: [u16; 3] = [30, 90, 365];

/// The choice of no last day in the query.
const NO_END: &str = "none";

/// The form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyForm {
    name: String,
    scopes: Vec<String>,
    /// The last day on which the key is accepted: `2026-12-31`, or nothing.
    expires: String,
}

/// What the page shows.
#[derive(Clone, Debug)]
enum NewKeyView {
    /// The form, with its errors.
    Form(KeyForm, Vec<ErrorView>),
    /// The new key.
    Created(OneTimeSecret),
}

impl KeyForm {
    /// The scopes, and the moment when the key ends: the end of its last day in the viewer's time zone.
    fn parse(&self, zone: &TimeZone) -> Result<(Vec<Scope>, Option<Timestamp>), UseCaseError> {
        let (mut scopes, mut errors) = (Vec::new(), Vec::new());
        for scope in &self.scopes {
            match scope.parse() {
                Ok(scope) => scopes.push(scope),
                Err(_) => errors.push(FieldError::new(
                    "/scopes",
                    ValidationError::NoSuchScope {
                        scope: scope.chars().take(80).collect(),
                    },
                )),
            }
        }
        let expires = match self.expires.trim() {
            "" => None,
            day => Timestamp::end_of_day(day, zone)
                .map_err(|_| errors.push(FieldError::new("/expires", ValidationError::Expiry)))
                .ok(),
        };
        if errors.is_empty() {
            Ok((scopes, expires))
        } else {
            Err(UseCaseError::Invalid(errors))
        }
    }
}

/// Creates an API key. The response contains the key, which no other response does.
#[server(prefix = "/fn", endpoint = "create_api_key")]
pub async fn create_api_key(form: KeyForm) -> Result<OneTimeSecret, ConsoleError> {
    let (app, by) = caller()?;
    let created = async {
        let (scopes, expires) = form.parse(&zone())?;
        api_keys::create(&app.store, &by, &form.name, &scopes, expires).await
    };
    let (secret, key) = created.await.map_err(action_error)?;
    Ok(OneTimeSecret { name: key.name, secret })
}

impl Ruled for CreateApiKey {
    const RULE: Rule = Rule::Session(Action::ManageApiKeys);
}

impl PageAction for CreateApiKey {
    type Form = KeyForm;

    async fn answer(form: KeyForm, result: Result<OneTimeSecret, ConsoleError>) -> Result<Response, ConsoleError> {
        match result {
            Ok(secret) => Ok(shown(StatusCode::OK, NewKeyView::Created(secret))),
            Err(ConsoleError::Invalid { errors }) => Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, NewKeyView::Form(form, errors))),
            Err(other) => Err(other),
        }
    }
}

fn shown(status: StatusCode, view: NewKeyView) -> Response {
    PageResponse::framed(status, move || view! { <NewKeyPage view=view.clone() /> }.into_any())
}

/// The query of the form: what was typed before a preset was chosen.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct NewKeyQuery {
    name: String,
    scopes: Vec<String>,
    /// In how many days the key ends, or [`NO_END`].
    days: String,
}

impl NewKeyQuery {
    /// The query of the present request. Unlike other pages, this one has a field with several values.
    fn of_request() -> Self {
        let parts = use_context::<axum::http::request::Parts>();
        let query = parts.and_then(|parts| serde_html_form::from_str(parts.uri.query()?).ok());
        query.unwrap_or_default()
    }

    fn form(self) -> KeyForm {
        let days = self.days.parse::<u16>().ok().filter(|days| PRESETS.contains(days));
        let last = days.map(|days| Timestamp::now().plus(Duration::from_hours(24 * u64::from(days))));
        KeyForm {
            name: self.name,
            scopes: self.scopes,
            expires: last.map_or_else(String::new, |at| at.in_zone(&zone()).date().to_string()),
        }
    }
}

/// The form, empty or with the chosen preset.
#[component]
pub fn NewApiKey() -> impl IntoView {
    view! { <NewKeyPage view=NewKeyView::Form(NewKeyQuery::of_request().form(), Vec::new()) /> }
}

#[component]
fn NewKeyPage(view: NewKeyView) -> impl IntoView {
    let lang = lang();
    let body = caller().map(|_| match view {
        NewKeyView::Form(form, errors) => view! { <Fields form errors /> }.into_any(),
        NewKeyView::Created(secret) => view! { <Created secret /> }.into_any(),
    });
    view! { <FormPage title=say::api_key_create(lang) list=super::PATH list_name=say::api_keys(lang) form=body /> }
}

#[component]
fn Created(secret: OneTimeSecret) -> impl IntoView {
    let lang = lang();
    let label = say::key_is(lang, &secret.name);
    view! {
        <OneTimeSecretField heading=say::key_made(lang) why=say::key_made_why(lang) label secret />
        <p>
            <a class="button" href=super::PATH>
                {say::key_to_list(lang)}
            </a>
        </p>
    }
}

#[component]
fn Fields(form: KeyForm, errors: Vec<ErrorView>) -> impl IntoView {
    let lang = lang();
    focus_first(&errors, None);
    let chosen = NewKeyQuery::of_request().days;
    let is_endless = form.expires.trim().is_empty();
    let choices = Scope::ALL.iter().map(|scope| choice(*scope, &form.scopes, lang)).collect_view();
    let scope_error = error_of(&errors, "scopes");
    let describe = if scope_error.is_some() {
        "scopes-error scopes-hint"
    } else {
        "scopes-hint"
    };
    view! {
        <form method="post" action=PATH novalidate class="narrow">
            // Enter in a field presses the first button of a form. This must not be one of the periods.
            <button type="submit" class="visually-hidden" tabindex="-1" aria-hidden="true">
                {say::api_key_create(lang)}
            </button>
            <ErrorSummary errors=errors.clone() />
            <TextField
                name="name"
                label=say::key_name(lang)
                value=form.name
                rule=islands::Rule::Name
                hint=say::key_name_hint(lang)
                required=true
                error=error_of(&errors, "name")
            />
            <div class="field wide" role="group" aria-labelledby="scopes-label" aria-describedby=describe id="scopes" tabindex="-1">
                <span class="label" id="scopes-label">
                    {say::scopes(lang)} " " <Required />
                </span>
                <islands::FieldError id="scopes".to_owned() error=scope_error />
                <p class="hint" id="scopes-hint">
                    {say::scopes_hint(lang)}
                </p>
                <ul class="checks">{choices}</ul>
            </div>
            <TextField
                name="expires"
                label=say::expires(lang)
                kind="date"
                value=form.expires
                hint=say::expires_hint(lang)
                error=error_of(&errors, "expires")
            />
            <div class="field presets" role="group" aria-label=say::expires_presets(lang)>
                {PRESETS.map(|days| preset(days.to_string(), say::expires_in(lang, u64::from(days)), &chosen)).collect_view()}
                {preset(NO_END.to_owned(), say::expires_never(lang).to_owned(), &chosen)}
            </div>
            {is_endless.then(|| view! { <p class="notice warn">{say::expires_never_why(lang)}</p> })}
            <div class="save">
                <ErrorCount errors=errors.clone() />
                <a class="button" href=super::PATH>
                    {say::cancel(lang)}
                </a>
                <button class="button primary" type="submit">
                    {say::api_key_create(lang)}
                </button>
            </div>
        </form>
    }
}

/// A button that fills in the last day: a plain form whose fields become the query of the page. The pressed one keeps the focus.
fn preset(days: String, text: String, chosen: &str) -> impl IntoView + use<> {
    let focus = days == chosen;
    view! {
        <button
            class="button small"
            type="submit"
            formmethod="get"
            formaction=PATH
            name="days"
            value=days
            autofocus=focus
        >
            {text}
        </button>
    }
}

fn choice(scope: Scope, chosen: &[String], lang: Lang) -> impl IntoView + use<> {
    let (name, id) = (scope.as_str(), format!("scope-{}", scope.as_str().replace(':', "-")));
    let why = match scope {
        Scope::EventsWrite => say::scope_events_write(lang),
        Scope::EventTypesWrite => say::scope_event_types_write(lang),
        Scope::WebhooksRead => say::scope_webhooks_read(lang),
        Scope::WebhooksWrite => say::scope_webhooks_write(lang),
        Scope::CallbacksRead => say::scope_callbacks_read(lang),
        Scope::MetricsRead => say::scope_metrics_read(lang),
        Scope::Admin => say::scope_admin(lang),
    };
    view! {
        <li class="check">
            <input
                type="checkbox"
                id=id.clone()
                name="scopes"
                value=name
                checked=chosen.iter().any(|chosen| chosen == name)
                autofocus=scope == Scope::ALL[0] && takes_focus("scopes")
                aria-describedby=format!("{id}-why")
            />
            <div>
                <label for=id.clone()>{scope_name(scope, lang)} " " <code>{name}</code></label>
                <p class="hint" id=format!("{id}-why")>
                    {why}
                </p>
            </div>
        </li>
    }
}
