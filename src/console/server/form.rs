//! The view of a webhook's form.

use leptos::prelude::use_context;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        calls::{ActedView, FormFields, FormView, GivenUpView, HeaderView, OwnerView, PostedForm, RateView},
        server::{administration::audit, disabled_reason, lang, list::status, overview, posted, time_view, zone},
    },
    domain::{
        audit::{AuditAction, MASK, ObjectKind},
        headers::Header,
        id::{UserId, WebhookId},
        secret::SigningSecret,
        timestamp::Timestamp,
        webhook::NAME_MAX,
    },
    messages::webhook as say,
    services::error::UseCaseError,
    services::webhooks,
    storage::{audit::AuditFilter, webhooks::WebhookRecord},
};

/// A new webhook's form: what was typed before, or one with a fresh secret, which is empty or like the webhook `from`. A copy is disabled
/// at first, so that no receiver hears twice before somebody has looked at it.
pub async fn new(app: &AppState, by: &Principal, from: Option<String>) -> Result<FormView, UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let fresh = |fields| FormView {
        fields: FormFields {
            secret: SigningSecret::generate().reveal().to_string(),
            ..fields
        },
        ..FormView::default()
    };
    let mut view = match (posted(), from) {
        (Some(posted), _) => posted.0,
        (None, Some(from)) => {
            let id = from.parse().map_err(|_| UseCaseError::NotFound)?;
            let original = stored_fields(webhooks::get(app, by, id).await?, true);
            fresh(FormFields {
                name: format!("{} {}", original.name, say::copy_suffix(lang()))
                    .chars()
                    .take(NAME_MAX)
                    .collect(),
                enabled: false,
                ..original
            })
        }
        (None, None) => fresh(FormFields {
            enabled: true,
            ..FormFields::default()
        }),
    };
    view.editable = true;
    view.http = app.policy.may_permit_http();
    with_possible_owners(app, view).await
}

/// Adds the users who can be owners, for those who may choose.
async fn with_possible_owners(app: &AppState, form: FormView) -> Result<FormView, UseCaseError> {
    let chosen: Vec<UserId> = form.fields.owners.iter().flatten().filter_map(|id| id.parse().ok()).collect();
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

/// What people set of a webhook, as it is stored. Who may not change it is not shown the values of secret headers.
fn stored_fields(webhook: WebhookRecord, editable: bool) -> FormFields {
    let WebhookRecord {
        name,
        description,
        url,
        enabled,
        rate,
        ordered,
        events,
        owners,
        headers,
        // Set by clearhook.
        id: _,
        disabled_reason: _,
        failing_since: _,
        secret_created_at: _,
        created_at: _,
        updated_at: _,
    } = webhook;
    let header = |Header { name, value, secret }| HeaderView {
        name,
        value: if secret && !editable { MASK.to_owned() } else { value },
        secret,
        decided: true,
    };
    let rate = rate.map(|rate| RateView {
        per_second: rate.per_second.to_string(),
        burst: rate.burst.to_string(),
    });
    FormFields {
        name,
        description,
        url,
        enabled,
        secret: String::new(),
        rate: Some(rate.unwrap_or_default()),
        ordered: Some(ordered),
        headers: headers.into_iter().map(header).collect(),
        events: events.iter().map(ToString::to_string).collect(),
        owners: Some(owners.iter().map(ToString::to_string).collect()),
    }
}

/// The form as it was typed, else as it is stored. Where what was sent has no field, the form shows what is stored.
fn shown(webhook: WebhookRecord, editable: bool) -> FormView {
    let seen = webhook.updated_at.0;
    let stored = stored_fields(webhook, editable);
    match posted() {
        Some(PostedForm(form)) => FormView {
            fields: FormFields {
                rate: form.fields.rate.or(stored.rate),
                ordered: form.fields.ordered.or(stored.ordered),
                owners: form.fields.owners.or(stored.owners),
                ..form.fields
            },
            ..form
        },
        None => FormView {
            seen: Some(seen),
            fields: stored,
            ..FormView::default()
        },
    }
}

/// Why and since when clearhook disabled a webhook, and what is held for it.
async fn given_up(app: &AppState, webhook: &WebhookRecord) -> Result<Option<GivenUpView>, UseCaseError> {
    let Some(reason) = webhook.disabled_reason.clone() else {
        return Ok(None);
    };
    let filter = AuditFilter {
        kind: Some(ObjectKind::Webhook),
        object: Some(webhook.id.to_string()),
        action: Some(AuditAction::WebhookDisabled),
        ..AuditFilter::default()
    };
    let (entries, held) = tokio::try_join!(app.store.audit_log(&filter, None, 1), app.store.held_for(webhook.id))?;
    Ok(Some(GivenUpView {
        reason: disabled_reason(reason),
        since: entries.items.first().map(|entry| time_view(entry.at, &zone(), lang())),
        held: overview::held(held, lang()),
    }))
}

/// The form of a webhook that there is: what was typed before, or what is stored.
pub async fn details(app: &AppState, by: &Principal, id: &str) -> Result<FormView, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let webhook = webhooks::get(app, by, id).await?;
    let status = status(&webhook);
    let changed = webhook.updated_at;
    let (title, created) = (webhook.name.clone(), webhook.secret_created_at);
    let given_up = given_up(app, &webhook).await?;
    let editable = by.may(Action::WriteWebhooks, false).is_ok();
    let form = FormView {
        id: Some(id.to_string()),
        title,
        secret_created: created.map(|at| time_view(at, &zone(), lang())),
        status: Some(status),
        given_up,
        editable,
        http: app.policy.may_permit_http(),
        acted: use_context::<ActedView>().unwrap_or_default(),
        ..shown(webhook, editable)
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
