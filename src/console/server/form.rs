//! The view of a webhook's form.

use crate::{
    auth::{principal::Principal, rules::Action},
    console::{
        calls::{FormView, HeaderView, OwnerView},
        server::{disabled_reason, lang, list::status, posted, time_view, zone},
    },
    domain::{
        headers::Header,
        id::{UserId, WebhookId},
        secret::SigningSecret,
    },
    state::AppState,
    webhooks::{self, UseCaseError},
};

/// A new webhook's form: what was typed before, or an empty one with a fresh secret.
pub async fn new(app: &AppState, by: &Principal) -> Result<FormView, UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let fresh = || FormView {
        enabled: true,
        secret: SigningSecret::generate().reveal().to_string(),
        ..FormView::default()
    };
    let mut view = posted().map_or_else(fresh, |posted| posted.0);
    view.editable = true;
    with_possible_owners(app, view).await
}

/// Adds the users who can be owners, for those who may choose.
async fn with_possible_owners(app: &AppState, form: FormView) -> Result<FormView, UseCaseError> {
    let chosen: Vec<UserId> = form.owners.iter().flatten().filter_map(|id| id.parse().ok()).collect();
    let possible = app.store.possible_owners(&chosen).await?;
    let possible_owners = possible.into_iter().map(|user| OwnerView {
        id: user.id.to_string(),
        email: user.email,
    });
    Ok(FormView {
        possible_owners: possible_owners.collect(),
        ..form
    })
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
        owners: Some(webhook.owners.iter().map(ToString::to_string).collect()),
        ..FormView::default()
    };
    let editable = by.may(Action::WriteWebhooks, false).is_ok();
    let form = FormView {
        id: Some(id.to_string()),
        title: webhook.name,
        secret: String::new(),
        secret_created: webhook.secret_created_at.map(|at| time_view(at, &zone(), lang())),
        status: Some(status),
        reason: webhook.disabled_reason.map(disabled_reason),
        editable,
        ..posted().map_or(stored, |posted| posted.0)
    };
    if editable {
        with_possible_owners(app, form).await
    } else {
        Ok(form)
    }
}
