//! The view of a webhook's form.

use crate::{
    auth::{principal::Principal, rules::Action},
    console::{
        calls::{FormView, HeaderView},
        server::{disabled_reason, lang, list::status, posted, time_view, zone},
    },
    domain::{headers::Header, id::WebhookId, secret::SigningSecret},
    state::AppState,
    webhooks::{self, UseCaseError},
};

/// A new webhook's form: what was typed before, or an empty one with a fresh secret.
pub fn new(by: &Principal) -> Result<FormView, UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let fresh = || FormView {
        enabled: true,
        secret: SigningSecret::generate().reveal().to_string(),
        ..FormView::default()
    };
    let mut view = posted().map_or_else(fresh, |posted| posted.0);
    view.editable = true;
    Ok(view)
}

/// The form of a webhook that there is: what was typed before, or what is stored.
pub async fn details(app: &AppState, by: &Principal, id: &str) -> Result<FormView, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let webhook = webhooks::get(app, by, id).await?;
    let status = status(&webhook);
    let stored = FormView {
        name: webhook.name.clone(),
        description: webhook.description,
        url: webhook.url,
        enabled: webhook.enabled,
        headers: webhook
            .headers
            .into_iter()
            .map(|Header { name, value }| HeaderView { name, value })
            .collect(),
        events: webhook.events.iter().map(ToString::to_string).collect(),
        ..FormView::default()
    };
    Ok(FormView {
        id: Some(id.to_string()),
        title: webhook.name,
        secret: String::new(),
        secret_created: webhook.secret_created_at.map(|at| time_view(at, &zone(), lang())),
        status: Some(status),
        reason: webhook.disabled_reason.map(disabled_reason),
        editable: by.may(Action::WriteWebhooks, false).is_ok(),
        ..posted().map_or(stored, |posted| posted.0)
    })
}
