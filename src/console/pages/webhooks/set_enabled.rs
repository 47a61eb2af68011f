//! Enables and disables a webhook from its row.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::console::ConsoleError;

/// A webhook after it was enabled or disabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnabledWebhook {
    /// Whether it is enabled.
    pub enabled: bool,
    /// What happened, and what becomes of its events.
    pub message: String,
    /// The address of its held deliveries, if there are any.
    pub held_href: Option<String>,
    /// The time of the server, in milliseconds since 1970. What is held until then can be sent.
    pub at: i64,
}

/// Enables or disables a webhook, and changes nothing else.
#[server(prefix = "/fn", endpoint = "set_webhook_enabled")]
pub async fn set_webhook_enabled(id: String, enabled: bool) -> Result<EnabledWebhook, ConsoleError> {
    use crate::{
        console::{
            pages::webhooks::switched_notice::describe,
            server::{action_error, caller},
        },
        domain::id::WebhookId,
        services::{error::UseCaseError, webhooks},
    };
    let (app, by) = caller()?;
    let changed = async {
        let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
        webhooks::set_enabled(&app, &by, id, enabled).await?;
        describe(&app, &by, id).await
    };
    changed.await.map_err(action_error)
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

        /// Redirects to the row of the webhook on the same page of the list, which shows a notice.
        async fn answer(form: Self, result: Result<EnabledWebhook, ConsoleError>) -> Result<Response, ConsoleError> {
            result?;
            let parts = expect_context::<Parts>();
            let query = parts.uri.query().map_or_else(String::new, |query| format!("{query}&"));
            Ok(Redirect::to(&format!("/webhooks?{query}switched={id}#webhook-{id}", id = form.id)).into_response())
        }
    }
}
