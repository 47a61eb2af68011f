//! `GET /callbacks/export` and `GET /webhooks/{id}/callbacks/export`: the callbacks that the filters of the log select.

use axum::{
    extract::State,
    http::{HeaderMap, Method},
    response::Response,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Format, Row, file, file_name};
use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{callback::Outcome, event_type::EventType, id::WebhookId, timestamp::Timestamp},
    problem::Problem,
    rest::{
        callbacks::{LogQuery, callback_json, log_filter},
        extract::{Caller, Id, Params},
        key_reader::{KeyReader, Subject},
    },
    routes::{Operation, Routes, Rule, Tag},
    services::webhooks,
    storage::callbacks::{CallbackRecord, LogFilter},
};

/// What the file contains.
const FILE: &str = "The rows as comma-separated values, or as `application/jsonl` with one JSON object per line.";

/// The query: the filters of `GET /callbacks`, and the format.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExportParams {
    /// The format of the file.
    #[serde(default)]
    format: Format,
    /// Only callbacks of this webhook.
    #[schemars(with = "Option<WebhookId>")]
    webhook_id: Option<String>,
    /// The earliest start of an attempt, inclusive. At most 366 days before `to`.
    #[schemars(with = "Option<Timestamp>")]
    from: Option<String>,
    /// The latest start of an attempt, exclusive.
    #[schemars(with = "Option<Timestamp>")]
    to: Option<String>,
    /// Only attempts that succeeded, or only those that failed.
    #[schemars(with = "Option<Outcome>")]
    outcome: Option<String>,
    /// Only attempts that were answered with this status code.
    #[schemars(with = "Option<u16>", range(min = 100, max = 999))]
    status: Option<String>,
    /// Only attempts of this event type.
    #[schemars(with = "Option<EventType>")]
    event: Option<String>,
    /// An event (its id, its publisher's id or its subject), a delivery or a message (`msg_…`).
    #[schemars(example = &"identities/42")]
    q: Option<String>,
}

/// The query of the export of one webhook.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WebhookExportParams {
    /// The format of the file.
    #[serde(default)]
    format: Format,
    /// The earliest start of an attempt, inclusive. At most 366 days before `to`.
    #[schemars(with = "Option<Timestamp>")]
    from: Option<String>,
    /// The latest start of an attempt, exclusive.
    #[schemars(with = "Option<Timestamp>")]
    to: Option<String>,
    /// Only attempts that succeeded, or only those that failed.
    #[schemars(with = "Option<Outcome>")]
    outcome: Option<String>,
    /// Only attempts that were answered with this status code.
    #[schemars(with = "Option<u16>", range(min = 100, max = 999))]
    status: Option<String>,
    /// Only attempts of this event type.
    #[schemars(with = "Option<EventType>")]
    event: Option<String>,
    /// An event (its id, its publisher's id or its subject), a delivery or a message (`msg_…`).
    #[schemars(example = &"identities/42")]
    q: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCallbacks);
    Routes::new()
        .operation(
            Method::GET,
            "/callbacks/export",
            rule,
            export_all,
            Operation::new("exportCallbacks", Tag::Callbacks, "Export the callbacks of all webhooks")
                .text("The rows of the log that the filters select, as a file. If the key is revoked meanwhile, the file breaks off.")
                .answers_file("text/csv", FILE)
                .answers_file("application/jsonl", FILE)
                .refuses(404, "There is no such webhook (`not-found`)."),
        )
        .operation(
            Method::GET,
            "/webhooks/{id}/callbacks/export",
            rule,
            export_one,
            Operation::new("exportWebhookCallbacks", Tag::Callbacks, "Export the callbacks of a webhook")
                .text("The rows of the log that the filters select, as a file. If the key is revoked meanwhile, the file breaks off.")
                .answers_file("text/csv", FILE)
                .answers_file("application/jsonl", FILE)
                .refuses(404, "There is no such webhook (`not-found`)."),
        )
}

/// `GET /callbacks/export`
async fn export_all(
    State(app): State<AppState>,
    Caller(by): Caller,
    headers: HeaderMap,
    Params(params): Params<ExportParams>,
) -> Result<Response, Problem> {
    let ExportParams {
        format,
        webhook_id,
        from,
        to,
        outcome,
        status,
        event,
        q,
    } = params;
    let query = LogQuery {
        webhook_id,
        from,
        to,
        outcome,
        status,
        event,
        q,
    };
    let (webhook, filter) = log_filter(&app, &by, &query).await?;
    let name = name(&filter);
    if let Some(webhook) = webhook {
        let pages = webhooks::export(&app, &by, webhook, filter).await?;
        return Ok(file(app, KeyReader::of(&headers, Subject::Log(webhook)), format, &name, pages));
    }
    let pages = webhooks::export_all(&app, &by, &filter)?;
    Ok(file(app, KeyReader::of(&headers, Subject::AllLogs), format, &name, pages))
}

/// `GET /webhooks/{id}/callbacks/export`
async fn export_one(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    headers: HeaderMap,
    Params(params): Params<WebhookExportParams>,
) -> Result<Response, Problem> {
    let query = LogQuery {
        webhook_id: Some(id.to_string()),
        from: params.from,
        to: params.to,
        outcome: params.outcome,
        status: params.status,
        event: params.event,
        q: params.q,
    };
    let (_, filter) = log_filter(&app, &by, &query).await?;
    let name = name(&filter);
    let pages = webhooks::export(&app, &by, id, filter).await?;
    Ok(file(app, KeyReader::of(&headers, Subject::Log(id)), params.format, &name, pages))
}

fn name(filter: &LogFilter) -> String {
    let to = filter.to.unwrap_or_else(Timestamp::now);
    match filter.from {
        Some(from) => file_name("callbacks", from, to),
        None => "callbacks".to_owned(),
    }
}

impl Row for CallbackRecord {
    const COLUMNS: &'static [&'static str] = &[
        "callback_date",
        "id",
        "delivery_id",
        "event_id",
        "event_type",
        "url",
        "attempt",
        "trigger",
        "outcome",
        "status",
        "response",
        "duration_ms",
        "webhook_id",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.at.rfc3339(),
            self.id.to_string(),
            self.delivery.to_string(),
            self.event.to_string(),
            self.event_type.to_string(),
            self.url.clone(),
            self.attempt.to_string(),
            self.trigger.to_string(),
            self.outcome.to_string(),
            self.status.map(|status| status.to_string()).unwrap_or_default(),
            self.response.clone(),
            self.duration_ms.to_string(),
            self.webhook.to_string(),
        ]
    }

    fn json(self) -> String {
        callback_json(self)
    }
}
