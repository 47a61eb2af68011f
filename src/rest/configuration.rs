//! The configuration as one document: `GET /configuration` and `POST /configuration/compare`.

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::{Value, json};

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::id::WebhookId,
    problem::Problem,
    rest::{
        extract::{Body, Caller, NoParams, Params},
        webhook_body::{Patch, SECRET, Without},
    },
    routes::{Operation, Routes, Rule, Tag},
    services::{
        configuration::{self, Comparison, Configuration, Document, EventTypeEntry, VERSION, WebhookEntry},
        error::FieldError,
        event_types::EventTypeInput,
        webhooks::WebhookInput,
    },
};

/// Maximum size of a document, in bytes. 10,000 webhooks have 5 MiB.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A document to compare. A section that is omitted is not compared.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConfigurationDocument")]
struct CompareBody {
    /// The version of the format: 1.
    version: u32,
    /// Email addresses of users who have to exist.
    #[serde(default)]
    owners: Option<Vec<String>>,
    /// Event types. Omitted fields stay.
    #[serde(default)]
    event_types: Option<Vec<Patch<EventTypeInput>>>,
    /// Webhooks. Omitted fields stay.
    #[serde(default)]
    webhooks: Option<Vec<WebhookBody>>,
    /// Whether webhooks that are not in the document count as deleted, and own event types as archived.
    #[serde(default)]
    prune: bool,
}

/// A webhook of the document: the fields that it sets, and what names it.
#[derive(JsonSchema)]
#[schemars(rename = "ConfigurationWebhook")]
struct WebhookBody {
    /// Its id.
    id: Option<WebhookId>,
    /// Its signing secret.
    #[schemars(regex(pattern = SECRET))]
    secret: Option<String>,
    #[schemars(flatten)]
    fields: Patch<WebhookInput>,
}

impl<'de> Deserialize<'de> for WebhookBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WebhookVisitor)
    }
}

struct WebhookVisitor;

impl<'de> Visitor<'de> for WebhookVisitor {
    type Value = WebhookBody;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, body: A) -> Result<WebhookBody, A::Error> {
        let mut other = Without::new(body, ["id", "secret"]);
        let fields = Patch::deserialize(serde::de::value::MapAccessDeserializer::new(&mut other))?;
        let [id, secret] = other.into_values();
        let id = id.map(|id| id.parse().map_err(|_| A::Error::custom("the id of a webhook is a UUID")));
        Ok(WebhookBody {
            id: id.transpose()?,
            secret,
            fields,
        })
    }
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadWebhooks);
    let example = json!({
        "version": 1,
        "webhooks": [{ "name": "HR directory", "url": "https://hr.example.com/hooks", "events": ["identity.*"], "owners": ["ada@example.com"] }],
    });
    Routes::new()
        .operation(
            Method::GET,
            "/configuration",
            rule,
            export,
            Operation::new("exportConfiguration", Tag::Administration, "Export the configuration")
                .text("The webhooks, event types and owners as one document, without secrets and the values of secret headers."),
        )
        .operation(
            Method::POST,
            "/configuration/compare",
            rule,
            compare,
            Operation::new(
                "compareConfiguration",
                Tag::Administration,
                "Compare a document with the configuration",
            )
            .text(
                "What a document would change, in the order in which the changes have to be made. Nothing is changed. Webhooks are matched \
                     by `id`, or by `name` if the document has no `id` or one that is unknown. What the document omits stays. Mistakes are \
                     refused with their places in the document (422).",
            )
            .example(example),
        )
}

/// `GET /configuration`
async fn export(State(app): State<AppState>, Caller(by): Caller, _: Params<NoParams>) -> Result<Json<Configuration>, Problem> {
    Ok(Json(configuration::export(&app, &by).await?))
}

/// `POST /configuration/compare`
async fn compare(
    State(app): State<AppState>,
    Caller(by): Caller,
    _: Params<NoParams>,
    Body(body): Body<CompareBody, BODY_BYTES_MAX>,
) -> Result<Json<Comparison>, Problem> {
    if body.version != VERSION {
        return Err(Problem::invalid(vec![FieldError::new(
            "/version",
            format!("This server reads documents of version {VERSION}; export the document again."),
        )]));
    }
    let document = Document {
        owners: body.owners,
        event_types: body.event_types.map(|types| types.into_iter().map(event_type).collect()),
        webhooks: body.webhooks.map(|webhooks| webhooks.into_iter().map(webhook).collect()),
        prune: body.prune,
    };
    Ok(Json(configuration::compare(&app, &by, document).await?))
}

fn webhook(body: WebhookBody) -> WebhookEntry {
    let WebhookBody { id, secret, fields } = body;
    WebhookEntry {
        id,
        secret,
        name: fields.value("name").and_then(Value::as_str).map(str::to_owned),
        edit: Box::new(move |input| fields.apply(&input)),
    }
}

fn event_type(fields: Patch<EventTypeInput>) -> EventTypeEntry {
    EventTypeEntry {
        event_type: fields.value("type").and_then(Value::as_str).unwrap_or_default().to_owned(),
        edit: Box::new(move |input| fields.apply(&input)),
    }
}
