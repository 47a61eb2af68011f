//! The button in the row of a webhook that enables or disables it.

use leptos::{ev::SubmitEvent, html::Form, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    console::{ConsoleError, viewer::lang},
    messages::webhooks as say,
};

/// A webhook after it was enabled or disabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnabledWebhook {
    /// Whether it is enabled.
    pub enabled: bool,
    /// The content of the status cell of its row, as HTML without islands.
    pub status_html: String,
}

/// Enables or disables a webhook, and changes nothing else.
#[server(prefix = "/fn", endpoint = "set_webhook_enabled")]
pub async fn set_webhook_enabled(id: String, enabled: bool) -> Result<EnabledWebhook, ConsoleError> {
    use crate::{
        console::{
            pages::webhooks::webhook_row::status_cell,
            server::{action_error, caller},
        },
        domain::id::WebhookId,
        services::{error::UseCaseError, webhooks},
    };
    let (app, by) = caller()?;
    let changed = async {
        let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
        webhooks::set_enabled(&app, &by, id, enabled).await?;
        webhooks::get(&app, &by, id).await
    };
    let webhook = changed.await.map_err(action_error)?;
    Ok(EnabledWebhook {
        enabled: webhook.fields.enabled,
        status_html: status_cell(webhook.status(), None).to_html(),
    })
}

/// The button. With scripts, the row changes in place; without them, the form returns to the page.
#[island]
pub fn EnableButton(
    /// The id of the webhook.
    id: String,
    /// Its name.
    name: String,
    /// Whether it is enabled.
    enabled: bool,
    /// The address of the page.
    action: String,
) -> impl IntoView {
    let lang = lang();
    let form = NodeRef::<Form>::new();
    let (is_enabled, switch) = (RwSignal::new(enabled), ServerAction::<SetWebhookEnabled>::new());
    let status_id = format!("status-{id}");
    Effect::new(move |_| match switch.value().get() {
        Some(Ok(EnabledWebhook { enabled, status_html })) => {
            is_enabled.set(enabled);
            if let Some(cell) = document().get_element_by_id(&status_id) {
                cell.set_inner_html(&status_html);
                // The tooltip was the reason of the former status.
                let _ = cell.remove_attribute("title");
            }
        }
        // The answer to the plain form says what is wrong: that the session has ended, for example.
        Some(Err(_)) => {
            if let Some(form) = form.get_untracked() {
                let _ = form.submit();
            }
        }
        None => {}
    });
    let of_action = id.clone();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !switch.pending().get_untracked() {
            switch.dispatch(SetWebhookEnabled {
                id: of_action.clone(),
                enabled: !is_enabled.get_untracked(),
            });
        }
    };
    let label = move || {
        if is_enabled.get() {
            say::disable_which(lang, &name)
        } else {
            say::enable_which(lang, &name)
        }
    };
    view! {
        <form method="post" action=action node_ref=form on:submit=submit>
            <input type="hidden" name="id" value=id />
            <input type="hidden" name="enabled" value=move || (!is_enabled.get()).to_string() />
            <button class="button small" type="submit" aria-label=label aria-busy=move || switch.pending().get().then_some("true")>
                {move || if is_enabled.get() { say::disable(lang) } else { say::enable(lang) }}
            </button>
        </form>
    }
}

#[cfg(feature = "ssr")]
mod action {
    use axum::{
        http::request::Parts,
        response::{IntoResponse, Redirect, Response},
    };
    use leptos::prelude::expect_context;

    use super::{EnabledWebhook, SetWebhookEnabled};
    use crate::{
        auth::rules::Action,
        console::{ConsoleError, page_action::PageAction},
        routes::{Rule, Ruled},
    };

    impl Ruled for SetWebhookEnabled {
        const RULE: Rule = Rule::Session(Action::WriteWebhooks);
    }

    impl PageAction for SetWebhookEnabled {
        type Form = Self;

        /// Redirects to the row of the webhook on the same page of the list.
        async fn answer(form: Self, result: Result<EnabledWebhook, ConsoleError>) -> Result<Response, ConsoleError> {
            result?;
            let parts = expect_context::<Parts>();
            let query = parts.uri.query().map_or_else(String::new, |query| format!("?{query}"));
            Ok(Redirect::to(&format!("/webhooks{query}#webhook-{}", form.id)).into_response())
        }
    }
}
