//! The document of an installation: without secrets, values of secret headers, times and states that clearhook itself sets.

use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::VERSION;
use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        event_type::{EventPattern, EventType, EventTypeState, Origin},
        headers::Header,
        id::{UserId, WebhookId},
        page::LIMIT_MAX,
    },
    registry::Entry,
    services::{error::UseCaseError, event_types, webhooks},
    storage::webhooks::{WebhookFields, WebhookFilter, WebhookRecord},
};

/// The webhooks, event types and owners of an installation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Configuration {
    /// The version of the format.
    version: u32,
    /// The email addresses of the users who own webhooks.
    owners: Vec<String>,
    /// The event types that belong to no pack, with the fields of `POST /event-types`; and those of packs whose state was changed.
    #[schemars(with = "Vec<Map<String, Value>>")]
    event_types: Vec<EventTypeDocument>,
    /// The webhooks, oldest first, with the fields of `POST /webhooks`: their owners by email address, and without secrets.
    #[schemars(with = "Vec<Map<String, Value>>")]
    webhooks: Vec<WebhookDocument>,
}

/// A webhook of the document.
#[derive(Debug, Serialize)]
struct WebhookDocument {
    id: WebhookId,
    #[serde(flatten)]
    fields: WebhookFields<EventPattern, String, HeaderDocument>,
}

/// A header of the document.
#[derive(Debug, Serialize)]
struct HeaderDocument {
    name: String,
    /// The value, unless it is a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    secret: bool,
}

/// An event type of the document.
#[derive(Debug, Serialize)]
struct EventTypeDocument {
    #[serde(rename = "type")]
    event_type: EventType,
    /// Not for types of packs, of which only the state can be changed.
    #[serde(flatten)]
    own: Option<OwnFields>,
    state: EventTypeState,
    replaced_by: Option<EventType>,
}

/// The fields that an installation sets for its own types.
#[derive(Debug, Serialize)]
struct OwnFields {
    name: String,
    description: String,
    group: Option<String>,
    schema: Option<Value>,
    examples: Vec<Value>,
    retention: Option<u32>,
    masked: Vec<String>,
}

/// The document of the installation.
pub async fn export(app: &AppState, by: &Principal) -> Result<Configuration, UseCaseError> {
    by.may(Action::ReadWebhooks, false)?;
    let stored = all_webhooks(app, by).await?;
    let emails = emails(app).await?;
    let webhooks: Vec<_> = stored.into_iter().map(|webhook| webhook_document(webhook, &emails)).collect();
    let owners: BTreeSet<_> = webhooks.iter().flat_map(|webhook| webhook.fields.owners.iter().cloned()).collect();
    let types = event_types::all(app, by).await?;
    let event_types = types.all().iter().filter(|entry| is_exported(entry));
    Ok(Configuration {
        version: VERSION,
        owners: owners.into_iter().collect(),
        event_types: event_types.map(|entry| event_type_document(entry)).collect(),
        webhooks,
    })
}

/// All webhooks that the caller may see, oldest first.
pub(super) async fn all_webhooks(app: &AppState, by: &Principal) -> Result<Vec<WebhookRecord>, UseCaseError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = webhooks::list(app, by, &WebhookFilter::default(), after, LIMIT_MAX).await?;
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    all.reverse();
    Ok(all)
}

/// The email addresses of all users.
pub(super) async fn emails(app: &AppState) -> Result<HashMap<UserId, String>, UseCaseError> {
    let users = app.store.users().await?;
    Ok(users.into_iter().map(|user| (user.id, user.email)).collect())
}

/// The email addresses of these users, sorted.
pub(super) fn emails_of(owners: &[UserId], emails: &HashMap<UserId, String>) -> Vec<String> {
    let mut owners: Vec<_> = owners.iter().filter_map(|owner| emails.get(owner).cloned()).collect();
    owners.sort_unstable();
    owners
}

fn webhook_document(mut webhook: WebhookRecord, emails: &HashMap<UserId, String>) -> WebhookDocument {
    let owners = emails_of(&webhook.fields.owners, emails);
    let events = std::mem::take(&mut webhook.fields.events);
    let headers = std::mem::take(&mut webhook.fields.headers);
    let headers = headers.into_iter().map(header_document).collect();
    WebhookDocument {
        id: webhook.id,
        fields: webhook.fields.with_lists(events, owners, headers),
    }
}

fn header_document(header: Header) -> HeaderDocument {
    let is_hidden = header.is_hidden();
    HeaderDocument {
        value: (!is_hidden).then_some(header.value),
        name: header.name,
        secret: header.secret,
    }
}

/// A type of a pack is in the document only if somebody has changed its state.
fn is_exported(entry: &Entry) -> bool {
    let fields = &entry.record.fields;
    entry.record.origin != Origin::Clearid || fields.state != EventTypeState::Active || fields.replaced_by.is_some()
}

fn event_type_document(entry: &Entry) -> EventTypeDocument {
    let fields = &entry.record.fields;
    let own = (entry.record.origin != Origin::Clearid).then(|| OwnFields {
        name: fields.name.clone(),
        description: fields.description.clone(),
        group: fields.group.clone(),
        schema: entry.schema_value(),
        examples: entry.examples().to_vec(),
        retention: fields.retention_days,
        masked: fields.masked.clone(),
    });
    EventTypeDocument {
        event_type: entry.event_type().clone(),
        own,
        state: fields.state,
        replaced_by: fields.replaced_by.clone(),
    }
}
