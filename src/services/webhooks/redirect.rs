//! The target of a redirect as the new URL of a webhook. Redirects are not followed, because the receiver would decide where events go.

use url::Url;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::id::{CallbackId, WebhookId},
    messages::validation::ValidationError,
    services::{
        error::UseCaseError,
        webhooks::{get, logs::callback_for, patch},
    },
    storage::{
        callbacks::CallbackDetails,
        webhooks::{WebhookFields, WebhookRecord},
    },
};

/// The target of the redirect with which a receiver answered: `Location`, which may be relative to the URL that was called (RFC 9110, section
/// 10.2.2), without a fragment, which is not part of a request. `None` if there is no target, or if parts of it are hidden.
pub fn redirect_target(details: &CallbackDetails) -> Option<Url> {
    details.record.status.filter(|status| (300..400).contains(status))?;
    let headers = &details.received.as_ref()?.headers;
    let (_, location) = headers
        .iter()
        .find(|(name, value)| name.eq_ignore_ascii_case("location") && !value.is_empty())?;
    // Secrets in logged headers are replaced by bullets, which no URL contains literally.
    if !location.is_ascii() {
        return None;
    }
    let mut target = Url::parse(&details.record.url).ok()?.join(location).ok()?;
    target.set_fragment(None);
    Some(target)
}

/// The target of a redirect if the webhook can be called there: it is another URL than the present one, which is the one that was called, and
/// the policy of this service permits it.
pub fn usable_redirect_target(app: &AppState, webhook: &WebhookRecord, details: &CallbackDetails) -> Option<Url> {
    let target = redirect_target(details)?;
    let is_usable = details.record.url == webhook.fields.url && target.as_str() != webhook.fields.url;
    (is_usable && app.policy.check(target.as_str()).is_ok()).then_some(target)
}

/// Makes the target of the redirect of a callback the URL of its webhook (`id`).
pub async fn use_redirect_target(app: &AppState, by: &Principal, id: WebhookId, callback: CallbackId) -> Result<(), UseCaseError> {
    let details = callback_for(app, by, callback, Action::WriteWebhooks).await?;
    if details.record.webhook != id {
        return Err(UseCaseError::NotFound);
    }
    let target = redirect_target(&details).ok_or(UseCaseError::Conflict(ValidationError::NoRedirectTarget))?;
    let called = &details.record.url;
    if get(app, by, id).await?.fields.url == target.as_str() {
        return Ok(());
    }
    patch(app, by, id, |mut fields: WebhookFields<_, _, _>| {
        if fields.url != *called && fields.url != target.as_str() {
            return Err(UseCaseError::Conflict(ValidationError::UrlChangedSince));
        }
        target.as_str().clone_into(&mut fields.url);
        Ok(fields)
    })
    .await
    .map(drop)
}
