//! The view of a webhook's form.

use leptos::prelude::use_context;

use crate::{
    auth::{principal::Principal, rules::Action},
    console::{
        calls::{ActedView, FormView, HeaderView, OwnerView},
        server::{administration::audit, disabled_reason, lang, list::status, posted, time_view, zone},
    },
    domain::{
        headers::Header,
        id::{UserId, WebhookId},
        secret::SigningSecret,
        timestamp::Timestamp,
        webhook::NAME_MAX,
    },
    messages::webhook as say,
    state::AppState,
    storage::webhooks::WebhookRecord,
    webhooks::{self, UseCaseError},
};

/// A new webhook's form: what was typed before, or one with a fresh secret, which is empty or like the webhook `from`. A copy is disabled
/// at first, so that no receiver hears twice before somebody has looked at it.
pub async fn new(app: &AppState, by: &Principal, from: Option<String>) -> Result<FormView, UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let fresh = |form| FormView {
        secret: SigningSecret::generate().reveal().to_string(),
        ..form
    };
    let mut view = match (posted(), from) {
        (Some(posted), _) => posted.0,
        (None, Some(from)) => {
            let id = from.parse().map_err(|_| UseCaseError::NotFound)?;
            let original = stored_form(webhooks::get(app, by, id).await?);
            fresh(FormView {
                name: format!("{} {}", original.name, say::copy_suffix(lang()))
                    .chars()
                    .take(NAME_MAX)
                    .collect(),
                enabled: false,
                seen: None,
                ..original
            })
        }
        (None, None) => fresh(FormView {
            enabled: true,
            ..FormView::default()
        }),
    };
    view.editable = true;
    view.http = app.policy.may_permit_http();
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

/// What people set of a webhook, as it is stored.
fn stored_form(webhook: WebhookRecord) -> FormView {
    FormView {
        name: webhook.name,
        description: webhook.description,
        url: webhook.url,
        enabled: webhook.enabled,
        headers: webhook
            .headers
            .into_iter()
            .map(|Header { name, value, .. }| HeaderView { name, value })
            .collect(),
        events: webhook.events.iter().map(ToString::to_string).collect(),
        seen: Some(webhook.updated_at.0),
        owners: Some(webhook.owners.iter().map(ToString::to_string).collect()),
        ..FormView::default()
    }
}

/// The form of a webhook that there is: what was typed before, or what is stored.
pub async fn details(app: &AppState, by: &Principal, id: &str) -> Result<FormView, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let webhook = webhooks::get(app, by, id).await?;
    let status = status(&webhook);
    let changed = webhook.updated_at;
    let (title, created, reason) = (webhook.name.clone(), webhook.secret_created_at, webhook.disabled_reason.clone());
    let editable = by.may(Action::WriteWebhooks, false).is_ok();
    let form = FormView {
        id: Some(id.to_string()),
        title,
        secret: String::new(),
        secret_created: created.map(|at| time_view(at, &zone(), lang())),
        status: Some(status),
        reason: reason.map(disabled_reason),
        editable,
        http: app.policy.may_permit_http(),
        acted: use_context::<ActedView>().unwrap_or_default(),
        ..posted().map_or_else(|| stored_form(webhook), |posted| posted.0)
    };
    if editable {
        // Only who was told of a change has seen it.
        let form = match form.seen.filter(|_| form.meanwhile.is_some()) {
            Some(seen) => FormView {
                seen: Some(changed.0),
                meanwhile: Some(audit::changes_since(app, by, id, Timestamp(seen)).await?),
                ..form
            },
            None => form,
        };
        with_possible_owners(app, form).await
    } else {
        Ok(form)
    }
}
