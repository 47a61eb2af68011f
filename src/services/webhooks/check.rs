//! From what was typed to what may be stored.

use crate::{
    app::AppState,
    catalogue::EventType,
    domain::{
        headers::{Header, check_headers},
        id::UserId,
        secret::SigningSecret,
        webhook::{RateLimit, check_description, check_name, check_rate},
    },
    messages::wrong::Wrong,
    services::error::FieldError,
    services::error::UseCaseError,
    storage::webhooks::{WebhookFields, WebhookRecord},
};

/// A webhook as somebody typed it. It has no default: each place that makes one names every field, so that the compiler finds those
/// that a new field needs.
#[derive(Clone, Debug)]
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
    pub rate: Option<RateInput>,
    /// Whether events of one subject are sent one after the other.
    pub ordered: bool,
    /// `whsec_…`; generated when there is none.
    pub secret: Option<String>,
}

/// A rate limit as somebody typed it. A number that is missing or cannot be read is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateInput {
    /// Callbacks a second.
    pub per_second: Option<u32>,
    /// Callbacks at once.
    pub burst: Option<u32>,
}

impl From<RateLimit> for RateInput {
    fn from(rate: RateLimit) -> Self {
        Self {
            per_second: Some(rate.per_second),
            burst: Some(rate.burst),
        }
    }
}

impl RateInput {
    fn checked(self, errors: &mut Vec<FieldError>) -> RateLimit {
        let mut number = |pointer: &str, typed: Option<u32>| {
            let number = typed.unwrap_or_default();
            if let Err(wrong) = check_rate(number) {
                errors.push(FieldError::new(pointer, wrong));
            }
            number
        };
        RateLimit {
            per_second: number("/rate_limit/per_second", self.per_second),
            burst: number("/rate_limit/burst", self.burst),
        }
    }
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
            rate: record.rate.map(RateInput::from),
            ordered: record.ordered,
            secret: None,
        }
    }
}

/// Checks all fields and says everything that is wrong with them.
pub(super) async fn checked(app: &AppState, input: WebhookInput) -> Result<(WebhookFields, Option<SigningSecret>), UseCaseError> {
    let mut errors = Vec::new();
    if let Err(wrong) = check_name(&input.name) {
        errors.push(FieldError::new("/name", wrong));
    }
    if let Err(wrong) = check_description(&input.description) {
        errors.push(FieldError::new("/description", wrong));
    }
    let url = app
        .policy
        .check(&input.url)
        .map_err(|wrong| errors.push(FieldError::new("/url", wrong)))
        .ok();
    let rate = input.rate.map(|rate| rate.checked(&mut errors));
    let events = events(&input.events, &mut errors);
    let secret = input
        .secret
        .as_deref()
        .map(SigningSecret::parse)
        .transpose()
        .unwrap_or_else(|error| {
            errors.push(FieldError::new("/secret", error.wrong()));
            None
        });
    for problem in check_headers(&input.headers) {
        let pointer = match problem.at {
            Some(at) => format!("/headers/{at}/{}", if problem.value { "value" } else { "name" }),
            None => "/headers".to_owned(),
        };
        errors.push(FieldError::new(pointer, problem.wrong));
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
        headers: input.headers.into_iter().map(Header::trimmed).collect(),
        rate,
        ordered: input.ordered,
    };
    Ok((fields, secret))
}

fn events(typed: &[String], errors: &mut Vec<FieldError>) -> Vec<EventType> {
    let mut events = Vec::new();
    for (at, name) in typed.iter().enumerate() {
        match name.parse::<EventType>() {
            Ok(event) => events.push(event),
            Err(unknown) => errors.push(FieldError::new(format!("/events/{at}"), unknown.wrong())),
        }
    }
    events.sort();
    events.dedup();
    if typed.is_empty() {
        errors.push(FieldError::new("/events", Wrong::NoEvent));
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
            None => errors.push(FieldError::new(format!("/owners/{at}"), Wrong::NoSuchUser)),
        }
    }
    Ok(owners)
}
