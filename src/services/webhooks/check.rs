//! Validation of a webhook's fields.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    domain::{
        event_type::EventPattern,
        headers::{Header, check_headers, is_credential},
        id::UserId,
        secret::SigningSecret,
        webhook::{check_description, check_name, check_rate},
    },
    messages::validation::ValidationError,
    services::error::{FieldError, UseCaseError},
    services::event_types,
    storage::{users::normal_email, webhooks::WebhookFields},
};

/// The fields of a webhook before validation: event types and patterns, and owners by id, all as text.
pub type WebhookInput = WebhookFields<String, String, HeaderInput>;

/// An additional header before validation.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WebhookHeaderInput")]
pub struct HeaderInput {
    /// The name.
    #[schemars(length(min = 1), example = &"X-Tenant")]
    pub name: String,
    /// The value, which may be a credential. If omitted, the value of the stored header with this name stays.
    #[serde(default)]
    #[schemars(example = &"north")]
    pub value: Option<String>,
    /// Whether the value is a credential. If omitted, the stored header with this name decides, and for a new header its name.
    pub secret: Option<bool>,
}

impl std::fmt::Debug for HeaderInput {
    /// Omits the value, which may be a credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: …", self.name)
    }
}

impl From<Header> for HeaderInput {
    fn from(Header { name, value, secret }: Header) -> Self {
        Self {
            name,
            value: Some(value),
            secret: Some(secret),
        }
    }
}

/// What a webhook may refer to although it does not exist yet, because the same document adds it (`services::configuration`).
#[derive(Clone, Debug, Default)]
pub(in crate::services) struct Planned {
    /// Event types.
    pub(in crate::services) event_types: HashSet<String>,
    /// Email addresses of owners, in their stored form.
    pub(in crate::services) owners: HashSet<String>,
}

impl Default for WebhookInput {
    fn default() -> Self {
        Self::new(String::new(), String::new(), Vec::new())
    }
}

impl From<WebhookFields> for WebhookInput {
    fn from(mut fields: WebhookFields) -> Self {
        let events = fields.events.iter().map(ToString::to_string).collect();
        let owners = fields.owners.iter().map(ToString::to_string).collect();
        let headers = std::mem::take(&mut fields.headers).into_iter().map(HeaderInput::from).collect();
        fields.with_lists(events, owners, headers)
    }
}

/// Validates all fields. The error contains everything that is wrong. `stored` are the webhook's present fields.
pub(super) async fn check_fields(
    app: &AppState,
    input: WebhookInput,
    stored: Option<&WebhookFields>,
) -> Result<WebhookFields, UseCaseError> {
    check_planned(app, input, stored, &Planned::default()).await
}

/// As [`check_fields`]. What is planned is accepted; owners that are planned are left out of the result, because they have no id yet.
pub(in crate::services) async fn check_planned(
    app: &AppState,
    mut input: WebhookInput,
    stored: Option<&WebhookFields>,
    planned: &Planned,
) -> Result<WebhookFields, UseCaseError> {
    let mut errors = Vec::new();
    let mut check = |pointer: &str, result: Result<(), ValidationError>| {
        if let Err(wrong) = result {
            errors.push(FieldError::new(pointer, wrong));
        }
    };
    check("/name", check_name(&input.name));
    check("/description", check_description(&input.description));
    check("/url", app.policy.check(&input.url).map(|url| input.url = url.to_string()));
    if let Some(rate) = input.rate_limit {
        check("/rate_limit/per_second", check_rate(rate.per_second));
        check("/rate_limit/burst", check_rate(rate.burst));
    }
    let stored_events = stored.map_or(&[][..], |stored| &stored.events);
    let events = events(app, &input.events, stored_events, planned, &mut errors).await?;
    let owners = owners(app, &input.owners, planned, &mut errors).await?;
    let headers = headers(
        std::mem::take(&mut input.headers),
        stored.map_or(&[], |stored| &stored.headers),
        &mut errors,
    );
    if !errors.is_empty() {
        return Err(UseCaseError::Invalid(errors));
    }
    input.name = input.name.trim().to_owned();
    input.description = input.description.trim().to_owned();
    Ok(input.with_lists(events, owners, headers))
}

/// Validates a new webhook and its secret. Generates a secret if none is given.
pub(super) async fn check_new(
    app: &AppState,
    input: WebhookInput,
    secret: Option<&str>,
) -> Result<(WebhookFields, SigningSecret), UseCaseError> {
    let secret = secret.map(SigningSecret::parse).transpose();
    let secret = secret.map_err(|error| FieldError::new("/secret", error.wrong()));
    match (check_fields(app, input, None).await, secret) {
        (Ok(fields), Ok(secret)) => Ok((fields, secret.unwrap_or_else(SigningSecret::generate))),
        (Err(UseCaseError::Invalid(mut errors)), Err(error)) => {
            errors.push(error);
            Err(UseCaseError::Invalid(errors))
        }
        (Err(error), _) => Err(error),
        (_, Err(error)) => Err(UseCaseError::Invalid(vec![error])),
    }
}

/// The headers with the values that stay. A header whose value is omitted has that of the stored header with its name; of several with this
/// name, of the one at the same place among them.
fn headers(given: Vec<HeaderInput>, stored: &[Header], errors: &mut Vec<FieldError>) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    let mut without_value = Vec::new();
    for (at, HeaderInput { name, value, secret }) in given.into_iter().enumerate() {
        let before = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(&name)).count();
        let same_name = || stored.iter().filter(|header| header.name.eq_ignore_ascii_case(&name));
        let secret = secret
            .or_else(|| same_name().next().map(|header| header.secret))
            .unwrap_or_else(|| is_credential(&name));
        let value = value.or_else(|| same_name().nth(before).map(|header| header.value.clone()));
        if value.is_none() {
            without_value.push(at);
        }
        headers.push(Header {
            name,
            value: value.unwrap_or_default(),
            secret,
        });
    }
    for problem in check_headers(&headers) {
        let pointer = match problem.at {
            Some(at) => format!("/headers/{at}/{}", if problem.value { "value" } else { "name" }),
            None => "/headers".to_owned(),
        };
        errors.push(FieldError::new(pointer, problem.wrong));
    }
    for at in without_value {
        errors.push(FieldError::new(format!("/headers/{at}/value"), ValidationError::HeaderValueMissing));
    }
    headers.into_iter().map(Header::trimmed).collect()
}

/// A pattern may match nothing yet. A type has to exist, unless the webhook is subscribed to it already.
async fn events(
    app: &AppState,
    given: &[String],
    stored: &[EventPattern],
    planned: &Planned,
    errors: &mut Vec<FieldError>,
) -> Result<Vec<EventPattern>, UseCaseError> {
    let mut events = Vec::new();
    for (at, name) in given.iter().enumerate() {
        let event = match stored.iter().find(|stored| stored.as_str() == name) {
            Some(stored) => Ok(stored.clone()),
            None if name.contains('*') || planned.event_types.contains(name) => name.parse(),
            None => event_types::find_newest(app, name).await?.map(EventPattern::from),
        };
        match event {
            Ok(event) => events.push(event),
            Err(wrong) => errors.push(FieldError::new(format!("/events/{at}"), wrong)),
        }
    }
    // In the order of the catalogue, then the patterns.
    let types = app.event_types.loaded();
    let place = |event: &EventPattern| types.all().iter().position(|entry| entry.event_type().as_str() == event.as_str());
    events.sort_by_cached_key(|event| (place(event).unwrap_or(usize::MAX), event.clone()));
    events.dedup();
    if given.is_empty() {
        errors.push(FieldError::new("/events", ValidationError::NoEvent));
    }
    Ok(events)
}

/// Owners are given by id or by email address.
async fn owners(app: &AppState, given: &[String], planned: &Planned, errors: &mut Vec<FieldError>) -> Result<Vec<UserId>, UseCaseError> {
    let mut owners: Vec<UserId> = Vec::new();
    let parsed: Vec<Option<UserId>> = given.iter().map(|id| id.parse().ok()).collect();
    let known = app.store.known_users(&parsed.iter().flatten().copied().collect::<Vec<_>>()).await?;
    for (at, (id, text)) in parsed.into_iter().zip(given).enumerate() {
        let is_email = text.contains('@');
        let found = if is_email {
            let email = normal_email(text);
            if planned.owners.contains(&email) {
                continue;
            }
            app.store.user_by_email(&email).await?.map(|(user, _)| user.id)
        } else {
            id.filter(|id| known.contains(id))
        };
        match found {
            Some(id) if !owners.contains(&id) => owners.push(id),
            Some(_) => {}
            None => {
                let wrong = if is_email {
                    ValidationError::NoSuchOwner
                } else {
                    ValidationError::NoSuchUser
                };
                errors.push(FieldError::new(format!("/owners/{at}"), wrong));
            }
        }
    }
    owners.sort_unstable();
    Ok(owners)
}

/// What is wrong with a URL by the policy of this service, if anything.
pub fn check_url(app: &AppState, url: &str) -> Option<ValidationError> {
    app.policy.check(url).err()
}

/// What is wrong with the id of an owner, if anything.
pub async fn check_owner(app: &AppState, id: &str) -> Result<Option<ValidationError>, UseCaseError> {
    let mut errors = Vec::new();
    owners(app, &[id.to_owned()], &Planned::default(), &mut errors).await?;
    Ok(errors.first().and_then(|error| error.wrong().cloned()))
}
