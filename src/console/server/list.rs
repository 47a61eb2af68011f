//! The view of the list of webhooks.

use crate::{
    auth::{principal::Principal, rules::Action},
    catalogue::EventType,
    console::{
        calls::{LastView, ListView, RowView},
        server::{disabled_reason, lang, time_view, zone},
    },
    domain::{callback::Outcome, page::Cursor, webhook::Status},
    state::AppState,
    storage::{
        callbacks::CallbackRecord,
        webhooks::{WebhookFilter, WebhookRecord},
    },
    webhooks::{self, UseCaseError},
};

/// Webhooks on a page.
const ROWS: u64 = 50;

/// A page of the list. A cursor that is none begins anew.
pub async fn page(app: &AppState, by: &Principal, q: Option<String>, after: Option<String>) -> Result<ListView, UseCaseError> {
    let filter = WebhookFilter {
        q,
        ..WebhookFilter::default()
    };
    let after = after.and_then(|after| Cursor::decode(&after).ok());
    let page = webhooks::list(app, by, &filter, after, ROWS).await?;
    let mut rows = Vec::with_capacity(page.items.len());
    for webhook in page.items {
        let last = app.store.latest_callback(webhook.id).await?;
        rows.push(row(webhook, last));
    }
    Ok(ListView {
        rows,
        next: page.next.map(Cursor::encode),
        may_write: by.may(Action::WriteWebhooks, false).is_ok(),
    })
}

/// Failing means: enabled, and nothing but failures since the last success.
pub const fn status(webhook: &WebhookRecord) -> Status {
    match webhook.failing_since {
        _ if !webhook.enabled => Status::Disabled,
        Some(_) => Status::Failing,
        None => Status::Enabled,
    }
}

fn row(webhook: WebhookRecord, last: Option<CallbackRecord>) -> RowView {
    let status = status(&webhook);
    RowView {
        id: webhook.id.to_string(),
        event: webhook
            .events
            .first()
            .copied()
            .map_or_else(String::new, |event: EventType| event.name_in(lang()).to_owned()),
        more_events: u32::try_from(webhook.events.len().saturating_sub(1)).unwrap_or(0),
        name: webhook.name,
        url: webhook.url,
        description: webhook.description,
        status,
        reason: webhook.disabled_reason.map(disabled_reason),
        last: last.map(|last| LastView {
            succeeded: last.outcome == Outcome::Succeeded,
            status: last.status,
            response: last.response,
            at: time_view(last.at, &zone(), lang()),
        }),
    }
}
