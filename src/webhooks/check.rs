//! From what was typed to what may be stored.

use serde::Serialize;

use crate::{
    catalogue::EventType,
    domain::{
        headers::{Header, check_headers},
        id::UserId,
        secret::SigningSecret,
        webhook::{RateLimit, check_description, check_name, check_rate},
    },
    state::AppState,
    storage::webhooks::{WebhookFields, WebhookRecord},
    webhooks::UseCaseError,
};

/// A webhook as somebody typed it.
#[derive(Clone, Debug, Default)]
pub struct WebhookInput {
    /// How people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where callbacks go.
    pub url: String,
    /// Whether callbacks are made.
    pub enabled: bool,
    /// Event types, by their names in the catalogue.
    pub events: Vec<String>,
    /// Ids of users.
    pub owners: Vec<String>,
    /// Additional headers.
    pub headers: Vec<Header>,
    /// How many callbacks it may get a second.
    pub rate: Option<RateLimit>,
    /// Whether events of one subject are sent one after the other.
    pub ordered: bool,
    /// `whsec_…`; generated when there is none.
    pub secret: Option<String>,
}

impl From<WebhookRecord> for WebhookInput {
    fn from(record: WebhookRecord) -> Self {
        Self {
            name: record.name,
            description: record.description,
            url: record.url,
            enabled: record.enabled,
            events: record.events.iter().map(ToString::to_string).collect(),
            owners: record.owners.iter().map(ToString::to_string).collect(),
            headers: record.headers,
            rate: record.rate,
            ordered: record.ordered,
            secret: None,
        }
    }
}

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Which (JSON Pointer, RFC 6901), such as `/headers/0/name`.
    pub pointer: String,
    /// What is wrong and what to do.
    pub detail: String,
}

impl FieldError {
    /// An error of the field at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// Checks all fields and says everything that is wrong with them.
pub(super) async fn checked(app: &AppState, input: WebhookInput) -> Result<(WebhookFields, Option<SigningSecret>), UseCaseError> {
    let mut errors = Vec::new();
    if let Err(detail) = check_name(&input.name) {
        errors.push(FieldError::new("/name", detail));
    }
    if let Err(detail) = check_description(&input.description) {
        errors.push(FieldError::new("/description", detail));
    }
    let url = app
        .policy
        .check(&input.url)
        .map_err(|detail| errors.push(FieldError::new("/url", detail)))
        .ok();
    if let Some(Err(detail)) = input.rate.map(check_rate) {
        errors.push(FieldError::new("/rate_limit", detail));
    }
    let events = events(&input.events, &mut errors);
    let secret = input
        .secret
        .as_deref()
        .map(SigningSecret::parse)
        .transpose()
        .unwrap_or_else(|error| {
            errors.push(FieldError::new("/secret", error.to_string()));
            None
        });
    for problem in check_headers(&input.headers) {
        let pointer = match problem.at {
            Some(at) => format!("/headers/{at}/{}", if problem.value { "value" } else { "name" }),
            None => "/headers".to_owned(),
        };
        errors.push(FieldError::new(pointer, problem.detail));
    }
    let owners = owners(app, &input.owners, &mut errors).await?;
    let Some(url) = url.filter(|_| errors.is_empty()) else {
        return Err(UseCaseError::Invalid(errors));
    };
    let fields = WebhookFields {
        name: input.name.trim().to_owned(),
        description: input.description.trim().to_owned(),
        url: url.to_string(),
        enabled: input.enabled,
        events,
        owners,
        headers: input.headers,
        rate: input.rate,
        ordered: input.ordered,
    };
    Ok((fields, secret))
}

fn events(typed: &[String], errors: &mut Vec<FieldError>) -> Vec<EventType> {
    let mut events = Vec::new();
    for (at, name) in typed.iter().enumerate() {
        match name.parse() {
            Ok(event) => events.push(event),
            Err(unknown) => errors.push(FieldError::new(format!("/events/{at}"), format!("{unknown}"))),
        }
    }
    events.sort();
    events.dedup();
    if typed.is_empty() {
        errors.push(FieldError::new("/events", "Choose at least one event."));
    }
    events
}

async fn owners(app: &AppState, typed: &[String], errors: &mut Vec<FieldError>) -> Result<Vec<UserId>, UseCaseError> {
    let mut owners: Vec<UserId> = Vec::new();
    let parsed: Vec<Option<UserId>> = typed.iter().map(|id| id.parse().ok()).collect();
    let known = app.store.known_users(&parsed.iter().flatten().copied().collect::<Vec<_>>()).await?;
    for (at, id) in parsed.into_iter().enumerate() {
        match id.filter(|id| known.contains(id)) {
            Some(id) if !owners.contains(&id) => owners.push(id),
            Some(_) => {}
            None => errors.push(FieldError::new(format!("/owners/{at}"), "There is no user with this id.")),
        }
    }
    Ok(owners)
}
