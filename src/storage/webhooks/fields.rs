//! The description of a webhook: the fields that users set, and the record with what clearhook adds. The API reads and returns these types,
//! the audit log contains them, and this file converts them from and to rows, so that a new field is declared here only.

use schemars::JsonSchema;
use sea_orm::Set;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        event_type::EventPattern,
        headers::Header,
        id::{UserId, WebhookId},
        json_object::{objects, optional_object},
        timestamp::Timestamp,
        webhook::{DESCRIPTION_MAX, HEADERS_MAX, NAME_MAX, RateLimit, Status, URL_MAX},
    },
    storage::{entity::webhook, search::searchable},
};

/// The fields of a webhook that users set. The type parameters are the validated types; `services::webhooks::WebhookInput` has the same
/// fields before validation, with events and owners as text.
///
/// A field of the API is declared with its JSON name and its default here. Omitted fields without a default are an error. A field that may
/// contain a credential must be hidden in [`super::audit_snapshot`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    bound(deserialize = "E: Deserialize<'de>, U: Deserialize<'de>, H: Deserialize<'de>")
)]
#[schemars(rename = "Webhook")]
pub struct WebhookFields<E = EventPattern, U = UserId, H = Header> {
    /// Its name.
    #[schemars(length(min = 1, max = NAME_MAX), example = &"HR directory")]
    pub name: String,
    /// What it is used for.
    #[serde(default)]
    #[schemars(length(max = DESCRIPTION_MAX), example = &"Keeps the HR directory up to date.")]
    pub description: String,
    /// The URL of the receiver: `https`, without user information and fragment.
    #[schemars(length(min = 1, max = URL_MAX), extend("format" = "uri"), example = &"https://hr.example.com/hooks")]
    pub url: String,
    /// The events to which it is subscribed, as types and patterns (`identity.*`). They are stored in the order of the catalogue, without
    /// duplicates.
    #[schemars(with = "Vec<EventPattern>", length(min = 1), example = &["identity.*"])]
    pub events: Vec<E>,
    /// Whether callbacks are sent.
    #[serde(default = "enabled_by_default")]
    pub enabled: bool,
    /// The users who may see it, besides administrators: their ids. Requests may name them by their email addresses as well. They are stored
    /// sorted, without duplicates.
    #[serde(default = "Vec::new")]
    #[schemars(with = "Vec<U>", default = "no_owners")]
    pub owners: Vec<U>,
    /// Headers that are added to every request.
    #[serde(default = "Vec::new", deserialize_with = "objects")]
    #[schemars(with = "Vec<H>", default = "no_headers", length(max = HEADERS_MAX))]
    pub headers: Vec<H>,
    /// The rate limit, if there is one.
    #[serde(default, deserialize_with = "optional_object")]
    #[schemars(with = "Option<RateLimit>")]
    pub rate_limit: Option<RateLimit>,
    /// Whether events with the same subject are sent one after the other.
    #[serde(default)]
    pub ordered: bool,
}

/// The default of `owners` in the JSON Schema.
const fn no_owners() -> Vec<UserId> {
    Vec::new()
}

/// The default of `headers` in the JSON Schema.
const fn no_headers() -> Vec<Header> {
    Vec::new()
}

const fn enabled_by_default() -> bool {
    true
}

/// A stored webhook, without its secrets. Serialized, it is the webhook of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WebhookRecord {
    /// Its id.
    pub id: WebhookId,
    /// The fields that users set.
    #[serde(flatten)]
    pub fields: WebhookFields,
    /// Why clearhook disabled it, if it did.
    pub disabled_reason: Option<String>,
    /// The time of the first failed attempt since the last success.
    pub failing_since: Option<Timestamp>,
    /// When the first delivery failed for good since the last success.
    #[serde(skip)]
    pub exhausted_since: Option<Timestamp>,
    /// When its newest secret was created.
    #[serde(skip)]
    pub secret_created_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The rows that belong to a webhook's row.
#[derive(Default)]
pub(super) struct Related {
    pub(super) events: Vec<EventPattern>,
    pub(super) owners: Vec<UserId>,
    pub(super) headers: Vec<Header>,
    pub(super) secret_created_at: Option<Timestamp>,
}

impl<E, U, H> WebhookFields<E, U, H> {
    /// The fields of a new webhook. All others have their defaults.
    pub const fn new(name: String, url: String, events: Vec<E>) -> Self {
        Self {
            name,
            description: String::new(),
            url,
            events,
            enabled: enabled_by_default(),
            owners: Vec::new(),
            headers: Vec::new(),
            rate_limit: None,
            ordered: false,
        }
    }

    /// The same fields with lists of other types. Used in both directions, before and after validation.
    pub fn with_lists<E2, U2, H2>(self, events: Vec<E2>, owners: Vec<U2>, headers: Vec<H2>) -> WebhookFields<E2, U2, H2> {
        WebhookFields {
            name: self.name,
            description: self.description,
            url: self.url,
            events,
            enabled: self.enabled,
            owners,
            headers,
            rate_limit: self.rate_limit,
            ordered: self.ordered,
        }
    }
}

impl WebhookFields {
    /// The columns of the row that these fields determine. The others are not set.
    pub(super) fn columns(&self) -> webhook::ActiveModel {
        webhook::ActiveModel {
            name: Set(self.name.clone()),
            description: Set(self.description.clone()),
            url: Set(self.url.clone()),
            enabled: Set(self.enabled),
            rate_limit: Set(self.rate_limit.map(|rate| number(rate.per_second))),
            rate_burst: Set(self.rate_limit.map(|rate| number(rate.burst))),
            ordered: Set(self.ordered),
            search: Set(searchable([&self.name, &self.url, &self.description])),
            first_event: Set(self.events.iter().map(EventPattern::as_str).min().unwrap_or_default().to_owned()),
            ..webhook::ActiveModel::default()
        }
    }
}

impl WebhookRecord {
    /// The record of a row.
    pub(super) fn of(row: webhook::Model, mut related: Related) -> Self {
        related.owners.sort_unstable();
        Self {
            id: WebhookId(row.id),
            fields: WebhookFields {
                rate_limit: rate_limit(&row),
                name: row.name,
                description: row.description,
                url: row.url,
                events: related.events,
                enabled: row.enabled,
                owners: related.owners,
                headers: related.headers,
                ordered: row.ordered,
            },
            disabled_reason: row.disabled_reason,
            failing_since: row.failing_since.map(Timestamp),
            exhausted_since: row.exhausted_since.map(Timestamp),
            secret_created_at: related.secret_created_at,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }

    /// Its status in lists.
    pub const fn status(&self) -> Status {
        Status::of(self.fields.enabled, self.failing_since.is_some())
    }
}

/// The rate limit in a row.
pub(super) fn rate_limit(row: &webhook::Model) -> Option<RateLimit> {
    let number = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok());
    Some(RateLimit {
        per_second: number(row.rate_limit)?,
        burst: number(row.rate_burst)?,
    })
}

fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
