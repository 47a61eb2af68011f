//! `POST /webhooks/{id}/callbacks/{callback}/send-again`: the button "Send again", which leads to the new callback.

use std::time::Duration;

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use tokio::time::{Instant, timeout_at};
use url::form_urlencoded;

use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    domain::id::{CallbackId, DeliveryId, WebhookId},
    rest::Problem,
    services::error::UseCaseError,
    services::webhooks,
    storage::StoreError,
    web::{
        pages::render,
        webhook_forms::{Fields, page},
    },
};

/// How long the new callback is waited for, so that it can be shown at once.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks for a callback that another node may have made.
const LOOK: Duration = Duration::from_millis(200);
/// What the page keeps of its address.
const KEPT: [&str; 7] = ["range", "from", "to", "response", "event", "after", "before"];

/// Sends a callback again, and leads to what comes of it.
pub(super) async fn send_again(
    State(app): State<AppState>,
    Path((id, callback)): Path<(String, String)>,
    Extension(who): Extension<SignedIn>,
    request: Request,
) -> Response {
    let (parts, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let by = Principal::User(who);
    let sent = async {
        let wrong = |_| UseCaseError::NotFound;
        let (id, callback): (WebhookId, CallbackId) = (id.parse().map_err(wrong)?, callback.parse().map_err(wrong)?);
        let record = webhooks::callback(&app, &by, callback).await?.record;
        if record.webhook != id {
            return Err(UseCaseError::NotFound);
        }
        let before = app.store.attempts(record.delivery, 1).await?.pop();
        let before = before.map_or(callback, |last| last.id);
        let mut recorded = app.dispatcher.recorded();
        let done = match webhooks::redeliver(&app, &by, callback).await {
            Ok(delivery) => match next_attempt(&app, &mut recorded, delivery, before).await? {
                Some(next) => (next, "again"),
                None => (callback, "soon"),
            },
            Err(UseCaseError::Conflict(_)) => (callback, "not"),
            Err(error) => return Err(error),
        };
        Ok((id, done))
    };
    match sent.await {
        Ok((id, (callback, sent))) => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            let given = fields.one("query");
            query.extend_pairs(form_urlencoded::parse(given.as_bytes()).filter(|(name, _)| KEPT.contains(&name.as_ref())));
            let query = query
                .append_pair("callback", &callback.to_string())
                .append_pair("sent", sent)
                .finish();
            Redirect::to(&format!("/webhooks/{id}?{query}#callback")).into_response()
        }
        Err(UseCaseError::NotFound) => {
            let path = parts.uri.path().to_owned();
            render(&app, page(parts, &path), (), StatusCode::NOT_FOUND).await
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

/// The delivery's next callback, if it comes soon.
async fn next_attempt(
    app: &AppState,
    recorded: &mut tokio::sync::watch::Receiver<()>,
    delivery: DeliveryId,
    before: CallbackId,
) -> Result<Option<CallbackId>, StoreError> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let last = app.store.attempts(delivery, 1).await?.pop();
        if let Some(last) = last.filter(|last| last.id != before) {
            return Ok(Some(last.id));
        }
        // Whether it was told or the time is up, the next look says.
        let _ = timeout_at(end.min(Instant::now() + LOOK), recorded.changed()).await;
    }
    Ok(None)
}
