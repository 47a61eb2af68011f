//! What the buttons of a webhook's page do besides saving: send a test event, make a new secret, delete. Posted to the page's own path.

use std::time::Duration;

use axum::{
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        calls::ActedView,
        server::{
            time_view,
            viewer::{viewer_of, zone_of},
        },
    },
    domain::id::{DeliveryId, WebhookId},
    messages::{visible, wrong::Wrong},
    rest::Problem,
    services::error::UseCaseError,
    services::webhooks,
    web::{
        pages::render,
        webhook_forms::{Fields, page},
    },
};

/// How long the answer to a test waits for its callback, so that the page shows it at once.
const SEEN_WITHIN: Duration = Duration::from_millis(1_500);
const LOOK: Duration = Duration::from_millis(25);

/// Does what the button `intent` stands for; gives the request back when it is none of these.
pub(super) async fn act(app: &AppState, by: &Principal, id: WebhookId, parts: Parts, fields: &Fields) -> Result<Response, Parts> {
    let done = match fields.one("intent").as_str() {
        "test" => test(app, by, id, &parts, fields).await,
        "rotate" => return Ok(rotate(app, by, id, parts, fields).await),
        "enable" => enable(app, by, id, &parts).await,
        "delete" => delete(app, by, id, fields).await,
        _ => return Err(parts),
    };
    Ok(match done {
        Ok(response) => response,
        Err(error) => refused(app, parts, error).await,
    })
}

async fn test(app: &AppState, by: &Principal, id: WebhookId, parts: &Parts, fields: &Fields) -> Result<Response, UseCaseError> {
    // No event, or one that is none: the first that the webhook hears of.
    let delivery = webhooks::test(app, by, id, fields.one("event").parse().ok()).await?;
    wait_for(app, by, id, delivery).await?;
    Ok(Redirect::to(&format!("{}?saved=tested#logs", parts.uri.path())).into_response())
}

/// Enables a webhook and changes nothing else, whatever stands in the form below.
async fn enable(app: &AppState, by: &Principal, id: WebhookId, parts: &Parts) -> Result<Response, UseCaseError> {
    webhooks::set_enabled(app, by, id, true).await?;
    Ok(Redirect::to(&format!("{}?saved=enabled", parts.uri.path())).into_response())
}

/// Until the test's callback is logged, but not for long: a slow receiver's callback appears later.
async fn wait_for(app: &AppState, by: &Principal, id: WebhookId, delivery: DeliveryId) -> Result<(), UseCaseError> {
    for _ in 0..SEEN_WITHIN.as_millis() / LOOK.as_millis() {
        let latest = webhooks::latest_callback(app, by, id).await?;
        if latest.is_some_and(|latest| latest.delivery == delivery) {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// The page with the new secret on it, this once.
async fn rotate(app: &AppState, by: &Principal, id: WebhookId, parts: Parts, fields: &Fields) -> Response {
    let overlap = humantime::parse_duration(&fields.one("overlap")).ok();
    match webhooks::rotate_secret(app, by, id, None, overlap).await {
        Ok((secret, old_until)) => {
            let (lang, zone) = (viewer_of(&parts.headers).lang, zone_of(&parts.headers));
            let acted = ActedView {
                secret: Some(secret.reveal().to_string()),
                old_until: Some(time_view(old_until, &zone, lang)),
                ..ActedView::default()
            };
            shown(app, parts, acted, StatusCode::OK).await
        }
        Err(error) => refused(app, parts, error).await,
    }
}

/// Deletes the webhook when its name was typed.
async fn delete(app: &AppState, by: &Principal, id: WebhookId, fields: &Fields) -> Result<Response, UseCaseError> {
    let webhook = webhooks::get(app, by, id).await?;
    // Signs that nobody sees were not shown either.
    if visible(&fields.one("confirm")).trim() != visible(&webhook.name).trim() {
        return Err(UseCaseError::Conflict(Wrong::NotItsName));
    }
    webhooks::delete(app, by, id).await?;
    Ok(Redirect::to("/webhooks?deleted=1").into_response())
}

/// The page as it is stored, and why this was not done.
async fn refused(app: &AppState, parts: Parts, error: UseCaseError) -> Response {
    let lang = viewer_of(&parts.headers).lang;
    let why = match error {
        UseCaseError::Conflict(wrong) => wrong.text(lang),
        UseCaseError::Invalid(errors) => errors.iter().map(|error| error.text(lang)).collect::<Vec<_>>().join(" "),
        UseCaseError::NotFound => {
            let path = parts.uri.path().to_owned();
            return render(app, page(parts, &path), (), StatusCode::NOT_FOUND).await;
        }
        other => return Problem::from(other).into_response(),
    };
    let acted = ActedView {
        refused: Some(why),
        ..ActedView::default()
    };
    shown(app, parts, acted, StatusCode::UNPROCESSABLE_ENTITY).await
}

async fn shown(app: &AppState, parts: Parts, acted: ActedView, status: StatusCode) -> Response {
    let path = parts.uri.path().to_owned();
    render(app, page(parts, &path), acted, status).await
}
