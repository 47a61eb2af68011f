//! The notice about a webhook that was enabled or disabled.

use leptos::prelude::*;

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        pages::{deliveries::discard_forms::SendHeld, webhooks::set_enabled::EnabledWebhook},
        viewer::lang,
    },
    domain::{id::WebhookId, timestamp::Timestamp},
    messages::{common, webhooks as say},
    services::{error::UseCaseError, webhooks},
    storage::overview::HELD_MAX,
};

/// Describes a webhook after it was enabled or disabled.
pub(super) async fn describe(app: &AppState, by: &Principal, id: WebhookId) -> Result<EnabledWebhook, UseCaseError> {
    let webhook = webhooks::get(app, by, id).await?;
    let held = app.store.held_for(id).await?;
    let (lang, name) = (lang(), webhook.fields.name.as_str());
    let message = match (webhook.fields.enabled, held) {
        (false, _) => say::now_disabled(lang, name),
        (true, 0) => say::now_enabled(lang, name),
        (true, many) if many > HELD_MAX => say::now_enabled_many(lang, HELD_MAX, name),
        (true, some) => say::now_enabled_held(lang, some, name),
    };
    Ok(EnabledWebhook {
        enabled: webhook.fields.enabled,
        message,
        held_href: (webhook.fields.enabled && held > 0).then(|| format!("/webhooks/{}?response=held#logs", webhook.id)),
        at: Timestamp::now().0,
    })
}

/// The notice on a page that was loaded after the switch of a row was used without scripts. With scripts `live_list` shows it.
#[component]
pub(super) fn SwitchedNotice(
    /// The webhook.
    id: WebhookId,
    /// Its state.
    webhook: EnabledWebhook,
    /// The address of the page without the notice.
    here: String,
) -> impl IntoView {
    let lang = lang();
    view! {
        <div class="toasts" role="status">
            <div class="toast">
                <p>{webhook.message}</p>
                {webhook
                    .held_href
                    .map(|href| {
                        view! {
                            <SendHeld id=id.to_string() text=say::held_send(lang).to_owned() class="quiet" />
                            <a href=href>{say::held_review(lang)}</a>
                        }
                    })}
                <form method="post" action=here.clone()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <input type="hidden" name="enabled" value=(!webhook.enabled).to_string() />
                    <button class="quiet" type="submit">
                        {say::undo(lang)}
                    </button>
                </form>
                <a href=format!("{here}#webhook-{id}")>{common::close(lang)}</a>
            </div>
        </div>
    }
}
