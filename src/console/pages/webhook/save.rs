//! The form of a webhook, and the server function that is its action.

use leptos::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

#[cfg(feature = "ssr")]
pub(super) use self::conversion::input;
use crate::console::ConsoleError;
pub use crate::console::intents::WebhookIntent as Intent;

/// The fields of the form of a webhook, as they are typed.
///
/// A field of one value that the form sends twice is an error. Fields that a form lacks leave what is stored unchanged; so a checkbox, which
/// sends nothing if it is not ticked, has a hidden field with the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookForm {
    /// The id of the webhook, from the path of the page. `None` for a new one.
    pub id: Option<String>,
    /// The id of the webhook of which a new one is a copy: masked header values are taken from it.
    pub copy_of: Option<String>,
    /// The button that was pressed.
    pub intent: Intent,
    /// The time of the last change that the page showed, in milliseconds since 1970.
    pub seen: Option<i64>,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The URL of the receiver.
    pub url: String,
    /// Whether callbacks are made.
    pub enabled: bool,
    /// The signing secret. Only of a new webhook.
    pub secret: String,
    /// The rate limit in callbacks per second. There is no limit if this and the next field are empty.
    #[serde(rename = "rate_limit-per_second", deserialize_with = "present")]
    pub rate_per_second: Option<String>,
    /// The number of callbacks that may be made at once.
    #[serde(rename = "rate_limit-burst", deserialize_with = "present")]
    pub rate_burst: Option<String>,
    /// Whether the events of a subject are sent in order: contains `true` if the checkbox is ticked.
    pub ordered: Vec<String>,
    /// The keys of the rows of additional headers.
    pub header_row: Vec<String>,
    /// The names of the headers, one for each row.
    pub header_name: Vec<String>,
    /// The values of the headers, one for each row.
    pub header_value: Vec<String>,
    /// The keys of the rows whose value is secret.
    pub header_secret: Vec<String>,
    /// The keys of the rows for which nobody has ticked or unticked that yet, so that it depends on the name.
    pub header_undecided: Vec<String>,
    /// The event types by name, and patterns such as `identity.*`.
    pub events: Vec<String>,
    /// What the list of event types is filtered by. Not stored.
    pub events_filter: String,
    /// What it was filtered by when the page was shown.
    pub events_filtered: String,
    /// The ids of the owners. An empty one says that the form has checkboxes for them.
    pub owners: Vec<String>,
    /// What the list of owners is filtered by. Not stored.
    pub owners_filter: String,
    /// What it was filtered by when the page was shown.
    pub owners_filtered: String,
    /// The type of the test event.
    pub event: String,
    /// How long the former secret still signs after a rotation (`24h`).
    pub overlap: String,
    /// The name of the webhook, typed to confirm that it shall be deleted.
    pub confirm: String,
}

/// A field that the form has, even if it is empty.
fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    String::deserialize(field).map(Some)
}

/// The form as a stored webhook fills it, and the webhook that a form describes. Both name all fields, so the compiler asks for a new one.
#[cfg(feature = "ssr")]
mod conversion {
    use super::WebhookForm;
    use crate::{
        console::{islands::HeaderView, pages::webhook::form_conversion::unmasked},
        domain::{audit::MASK, headers::Header},
        services::webhooks::{HeaderInput, WebhookInput},
        storage::webhooks::{WebhookFields, WebhookRecord},
    };

    impl WebhookForm {
        /// The form of a stored webhook. The values of secret headers are not in it: a masked one stands for the stored value.
        pub(in crate::console::pages::webhook) fn of_stored(webhook: WebhookRecord) -> Self {
            let WebhookFields {
                name,
                description,
                url,
                enabled,
                rate_limit,
                ordered,
                events,
                owners,
                headers,
            } = webhook.fields;
            let (rate_per_second, rate_burst) = rate_limit.map_or_else(
                || (String::new(), String::new()),
                |rate| (rate.per_second.to_string(), rate.burst.to_string()),
            );
            let header = |Header { name, value, secret }| HeaderView {
                name,
                value: if secret { MASK.to_owned() } else { value },
                secret,
                decided: true,
            };
            let mut form = Self {
                copy_of: None,
                id: Some(webhook.id.to_string()),
                seen: Some(webhook.updated_at.0),
                name,
                description,
                url,
                enabled,
                rate_per_second: Some(rate_per_second),
                rate_burst: Some(rate_burst),
                ordered: if ordered { vec!["true".to_owned()] } else { vec![String::new()] },
                events: events.iter().map(ToString::to_string).collect(),
                owners: std::iter::once(String::new())
                    .chain(owners.iter().map(ToString::to_string))
                    .collect(),
                ..Self::default()
            };
            form.set_headers(headers.into_iter().map(header).collect());
            form
        }
    }

    /// The webhook that a form describes. Without a field of the form, the value of `stored` is kept.
    pub(in crate::console::pages::webhook) fn input(form: &WebhookForm, stored: Option<WebhookInput>) -> WebhookInput {
        let (stored_owners, stored_rate, stored_ordered, stored_headers) = match stored {
            Some(stored) => (stored.owners, stored.rate_limit, stored.ordered, stored.headers),
            None => (Vec::new(), None, false, Vec::new()),
        };
        let headers = unmasked(form.headers(), &stored_headers).into_iter();
        WebhookInput {
            name: form.name.clone(),
            description: form.description.replace("\r\n", "\n"),
            url: form.url.clone(),
            enabled: form.enabled,
            events: form.events.clone(),
            owners: form.owners().unwrap_or(stored_owners),
            headers: headers
                .map(|HeaderView { name, value, secret, .. }| HeaderInput {
                    name,
                    value: Some(value),
                    secret: Some(secret),
                })
                .collect(),
            rate_limit: form.rate_or(stored_rate),
            ordered: form.ordered().unwrap_or(stored_ordered),
        }
    }
}

/// What a button of the page of a webhook did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saved {
    /// A new webhook was stored.
    Created {
        /// Its id.
        id: String,
    },
    /// The webhook was changed.
    Changed,
    /// A test event was sent.
    Tested,
    /// The webhook has a new secret. It is in no other response.
    Rotated {
        /// The new secret.
        secret: String,
        /// How long the former secret still signs, in milliseconds since 1970.
        old_until: i64,
    },
    /// The webhook was enabled.
    Enabled,
    /// The webhook was deleted.
    Deleted,
    /// Nothing was stored, but the form was changed.
    Edited {
        /// The changed form.
        form: Box<WebhookForm>,
        /// The id of the field that gets the focus.
        field: String,
    },
}

/// Does what the pressed button of the page of a webhook stands for: saves the form, for example.
#[server(prefix = "/fn", endpoint = "save_webhook")]
pub async fn save_webhook(form: WebhookForm) -> Result<Saved, ConsoleError> {
    super::save_action::run(form).await
}
