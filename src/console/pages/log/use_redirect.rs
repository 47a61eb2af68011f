//! The button "Use this URL" of a callback whose receiver answered with a redirect.

use leptos::prelude::*;

use crate::console::ConsoleError;

/// Makes the target of the redirect of a callback the URL of its webhook (`id`).
#[server(prefix = "/fn", endpoint = "use_redirect_target")]
pub async fn use_redirect_target(id: String, callback: String) -> Result<(), ConsoleError> {
    use crate::{
        console::server::{action_error, caller},
        services::{error::UseCaseError, webhooks},
    };
    let (app, by) = caller()?;
    let (Ok(webhook), Ok(callback)) = (id.parse(), callback.parse()) else {
        return Err(action_error(UseCaseError::NotFound));
    };
    webhooks::use_redirect_target(&app, &by, webhook, callback)
        .await
        .map_err(action_error)
}

#[cfg(feature = "ssr")]
mod action {
    use axum::response::{IntoResponse, Redirect, Response};
    use serde::Deserialize;

    use super::UseRedirectTarget;
    use crate::{
        auth::rules::Action,
        console::{ConsoleError, page_action::PageAction, pages::webhooks::list_origin::with_list},
        routes::{Rule, Ruled},
    };

    /// The form with the button.
    #[derive(Clone, Debug, Deserialize)]
    pub struct UseRedirectForm {
        id: String,
        callback: String,
    }

    impl From<UseRedirectForm> for UseRedirectTarget {
        fn from(UseRedirectForm { id, callback }: UseRedirectForm) -> Self {
            Self { id, callback }
        }
    }

    impl Ruled for UseRedirectTarget {
        const RULE: Rule = Rule::Session(Action::WriteWebhooks);
    }

    impl PageAction for UseRedirectTarget {
        type Form = UseRedirectForm;

        /// Redirects to the page of the webhook, which says that it was changed.
        async fn answer(form: UseRedirectForm, result: Result<(), ConsoleError>) -> Result<Response, ConsoleError> {
            result?;
            Ok(Redirect::to(&with_list(&format!("/webhooks/{}?saved=changed", form.id))).into_response())
        }
    }
}
