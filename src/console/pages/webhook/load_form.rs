//! Loads the page of a webhook.

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::{owners::OwnerView, time::TimeView},
        error_view::ErrorView,
        href::page_query,
        pages::{
            audit_log::{OpenEntryView, changes_since},
            deliveries::{
                send_again::{self, SendAgainView},
                spans::span,
            },
            overview::held,
            webhook::{
                event_choice::EventChoice,
                fresh_secret,
                load_health::{HealthView, health},
                save::WebhookForm,
            },
        },
        server::{date_view, disabled_reason, lang, time_view, zone},
    },
    domain::{
        audit::{AuditAction, ObjectKind},
        id::{UserId, WebhookId},
        secret::SigningSecret,
        timestamp::Timestamp,
        webhook::{NAME_MAX, Status},
    },
    messages::{Lang, webhook as say},
    services::{error::UseCaseError, event_types, webhooks},
    storage::{audit::AuditFilter, webhooks::WebhookRecord},
};

/// A form that was sent and is shown again.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// The form as it was typed.
    pub form: WebhookForm,
    /// The errors of its fields.
    pub errors: Vec<ErrorView>,
    /// The field that gets the focus, because a button changed it.
    pub edited: Option<String>,
    /// Whether the webhook was changed after the form was loaded, so that nothing was saved.
    pub is_stale: bool,
}

impl Posted {
    /// A form without errors.
    pub fn new(mut form: WebhookForm) -> Self {
        // Forms encode a line break as CR LF (HTML, "form submission"); pages and the database contain LF.
        form.description = form.description.replace("\r\n", "\n");
        Self { form, ..Self::default() }
    }
}

/// The result of a button beside the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionResult {
    /// Why nothing was done.
    pub refused: Option<String>,
    /// The new secret. Only the response to the button contains it.
    pub secret: Option<String>,
    /// How long the former secret still signs.
    pub old_until: Option<TimeView>,
}

/// The form of a webhook and what else its page shows.
#[derive(Clone, Debug, Default)]
pub struct FormView {
    /// The id of the webhook. `None` for a new one.
    pub id: Option<String>,
    /// The heading: the stored name.
    pub title: String,
    /// The stored URL.
    pub url: String,
    /// The fields, as they are stored or were typed.
    pub form: WebhookForm,
    /// When the stored secret was made.
    pub secret_created: Option<TimeView>,
    /// The users who can be owners.
    pub possible_owners: Vec<OwnerView>,
    /// The event types that can be chosen.
    pub choice: EventChoice,
    /// The errors of fields.
    pub errors: Vec<ErrorView>,
    /// The field that gets the focus, because a button changed it.
    pub edited: Option<String>,
    /// What others changed after the form was loaded, if nothing was saved for that reason.
    pub changes: Option<Vec<OpenEntryView>>,
    /// The status of the webhook.
    pub status: Option<Status>,
    /// Why and when clearhook disabled the webhook, if it did.
    pub disabled: Option<DisabledView>,
    /// Whether the viewer may change the webhook.
    pub editable: bool,
    /// Whether `http://` URLs are permitted.
    pub http: bool,
    /// How long a receiver may take, and when a failed callback is retried: settings of the installation.
    pub retries: String,
    /// The result of a button beside the form.
    pub acted: ActionResult,
    /// The summary at the top of the page.
    pub health: Option<HealthView>,
    /// The dialog "Send again…", if the viewer may send deliveries again.
    pub send_again: Option<SendAgainView>,
    /// The secret of a webhook that was just added. Only one response contains it.
    pub fresh_secret: Option<String>,
    /// The name of the webhook of which this is a copy.
    pub copied: Option<String>,
    /// Whether all sections are open.
    pub is_open: bool,
}

/// A webhook that clearhook disabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisabledView {
    /// Why.
    pub reason: String,
    /// When, if the audit log still contains it.
    pub since: Option<TimeView>,
    /// The number of held deliveries: "3 deliveries are held.".
    pub held: Option<String>,
}

/// Loads the form of a new webhook: as it was posted, or with a generated secret and the fields of the webhook `from`. A copy is disabled, so
/// that its receiver gets no event twice before somebody has looked at it.
pub async fn load_new(app: &AppState, by: &Principal, posted: Option<Posted>, from: Option<String>) -> Result<FormView, UseCaseError> {
    by.may(Action::WriteWebhooks, false)?;
    let mut view = match (posted, from) {
        (Some(posted), _) => {
            let copied = match posted.form.copy_of.as_deref().map(str::parse) {
                Some(Ok(id)) => webhooks::get(app, by, id).await.ok().map(|original| original.fields.name),
                _ => None,
            };
            FormView {
                copied,
                ..FormView::posted(posted)
            }
        }
        (None, Some(from)) => {
            let id = from.parse().map_err(|_| UseCaseError::NotFound)?;
            let original = WebhookForm::of_stored(webhooks::get(app, by, id).await?);
            let name = format!("{} {}", original.name, say::copy_suffix(lang()));
            let copied = original.name.clone();
            let view = FormView::fresh(WebhookForm {
                id: None,
                seen: None,
                name: name.chars().take(NAME_MAX).collect(),
                enabled: false,
                copy_of: Some(from),
                ..original
            });
            FormView {
                copied: Some(copied),
                ..view
            }
        }
        (None, None) => FormView::fresh(WebhookForm {
            enabled: true,
            ..WebhookForm::default()
        }),
    };
    view.editable = true;
    view.http = app.policy.may_permit_http();
    view.retries = retries(app, lang());
    view.choice = EventChoice::of(&*event_types::all(app, by).await?, lang());
    with_possible_owners(app, view).await
}

/// Loads the page of a webhook: its form as it is stored or was posted, and the result of a button.
pub async fn load(app: &AppState, by: &Principal, id: &str, posted: Option<Posted>, acted: ActionResult) -> Result<FormView, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let webhook = webhooks::get(app, by, id).await?;
    let editable = by.may(Action::WriteWebhooks, false).is_ok();
    let changes_after = posted.as_ref().filter(|posted| posted.is_stale).and_then(|posted| posted.form.seen);
    let (zone, lang) = (zone(), lang());
    let may_resend = by.may(Action::Resend, false).is_ok();
    let health = health(app, by, &webhook, &zone, lang).await?;
    let send_again = if may_resend && health.is_some() {
        Some(send_again::load(app, by, id, page_query(), &zone, lang).await?)
    } else {
        None
    };
    let mut view = FormView {
        id: Some(id.to_string()),
        health,
        send_again,
        title: webhook.fields.name.clone(),
        url: webhook.fields.url.clone(),
        secret_created: webhook.secret_created_at.map(|at| date_view(at, &zone, lang)),
        status: Some(webhook.status()),
        disabled: disabled_view(app, &webhook).await?,
        editable,
        http: app.policy.may_permit_http(),
        retries: retries(app, lang),
        choice: EventChoice::of(&*event_types::all(app, by).await?, lang),
        acted,
        ..FormView::default()
    };
    let changed = webhook.updated_at;
    let stored = WebhookForm::of_stored(webhook);
    if let Some(posted) = posted {
        view = view.with(posted);
        view.form.fill(stored);
    } else {
        view.form = stored;
    }
    if !editable {
        return Ok(view);
    }
    if let Some(seen) = changes_after {
        view.changes = Some(changes_since(app, by, (ObjectKind::Webhook, id.to_string()), Timestamp(seen)).await?);
        // The page shows the changes, so the form may be saved again.
        view.form.seen = Some(changed.0);
    }
    view = with_possible_owners(app, view).await?;
    // Last, because it is shown once: a page that fails must not take it.
    view.fresh_secret = fresh_secret::take(app, id);
    Ok(view)
}

impl FormView {
    /// A new form with a generated secret.
    fn fresh(form: WebhookForm) -> Self {
        Self {
            form: WebhookForm {
                secret: SigningSecret::generate().reveal().to_string(),
                ..form
            },
            ..Self::default()
        }
    }

    fn posted(posted: Posted) -> Self {
        Self::default().with(posted)
    }

    fn with(self, posted: Posted) -> Self {
        Self {
            form: posted.form,
            errors: posted.errors,
            edited: posted.edited,
            ..self
        }
    }
}

impl WebhookForm {
    /// Takes the fields that the posted form did not have from the stored webhook.
    fn fill(&mut self, stored: Self) {
        if self.rate_per_second.is_none() && self.rate_burst.is_none() {
            (self.rate_per_second, self.rate_burst) = (stored.rate_per_second, stored.rate_burst);
        }
        if self.ordered.is_empty() {
            self.ordered = stored.ordered;
        }
        if self.owners.is_empty() {
            self.owners = stored.owners;
        }
    }
}

/// How long a receiver may take, and when a failed callback is retried.
fn retries(app: &AppState, lang: Lang) -> String {
    let timeout = span(app.dispatcher.answer_timeout(), lang);
    let delays: Vec<String> = app.dispatcher.schedule().delays().iter().map(|delay| span(*delay, lang)).collect();
    if delays.is_empty() {
        say::retries_none(lang, &timeout)
    } else {
        say::retries(lang, &delays.join(", "), &timeout)
    }
}

/// Adds the users who can be owners.
async fn with_possible_owners(app: &AppState, view: FormView) -> Result<FormView, UseCaseError> {
    let chosen: Vec<UserId> = view.form.owners.iter().filter_map(|id| id.parse().ok()).collect();
    let possible = app.store.possible_owners(&chosen).await?;
    let possible_owners = possible.into_iter().map(|user| OwnerView {
        id: user.id.to_string(),
        email: user.email,
    });
    Ok(FormView {
        possible_owners: possible_owners.collect(),
        ..view
    })
}

/// Loads why and when clearhook disabled a webhook, and how many deliveries are held.
async fn disabled_view(app: &AppState, webhook: &WebhookRecord) -> Result<Option<DisabledView>, UseCaseError> {
    let Some(reason) = webhook.disabled_reason.clone() else {
        return Ok(None);
    };
    let filter = AuditFilter {
        kind: Some(ObjectKind::Webhook),
        object: Some(webhook.id.to_string()),
        action: Some(AuditAction::WebhookDisabled),
        ..AuditFilter::default()
    };
    let (entries, waiting) = tokio::try_join!(app.store.audit_log(&filter, None, 1), app.store.held_for(webhook.id))?;
    Ok(Some(DisabledView {
        reason: disabled_reason(reason),
        since: entries.items.first().map(|entry| time_view(entry.at, &zone(), lang())),
        held: held(waiting, lang()),
    }))
}
