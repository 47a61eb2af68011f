//! The button "Send again" of a callback.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::console::ConsoleError;

/// The result of a redelivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redelivered {
    /// The new attempt is logged as this callback.
    Logged(String),
    /// The delivery will be attempted, but not within the time limit of the answer.
    Queued,
    /// The callback cannot be redelivered now.
    Refused,
}

/// Redelivers the event of a callback to its webhook (`id`).
#[server(prefix = "/fn", endpoint = "redeliver")]
pub async fn redeliver(id: String, callback: String) -> Result<Redelivered, ConsoleError> {
    use crate::{
        console::server::{action_error, caller},
        domain::id::{CallbackId, WebhookId},
        services::{error::UseCaseError, webhooks},
    };
    let (app, by) = caller()?;
    let redelivered = async {
        let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
        let callback: CallbackId = callback.parse().map_err(|_| UseCaseError::NotFound)?;
        if webhooks::callback(&app, &by, callback).await?.record.webhook != id {
            return Err(UseCaseError::NotFound);
        }
        match webhooks::redeliver_and_wait(&app, &by, callback).await {
            Ok(Some(logged)) => Ok(Redelivered::Logged(logged.to_string())),
            Ok(None) => Ok(Redelivered::Queued),
            Err(UseCaseError::Conflict(_)) => Ok(Redelivered::Refused),
            Err(error) => Err(error),
        }
    };
    redelivered.await.map_err(action_error)
}

#[cfg(feature = "ssr")]
mod action {
    use axum::response::{IntoResponse, Redirect, Response};
    use serde::Deserialize;

    use super::{Redeliver, Redelivered};
    use crate::{
        auth::rules::Action,
        console::{
            ConsoleError,
            href::{href, read_query},
            page_action::PageAction,
            pages::log::log_query::LogQuery,
        },
        routes::{Rule, Ruled},
    };

    /// The form with the button.
    #[derive(Clone, Debug, Deserialize)]
    pub struct RedeliverForm {
        id: String,
        callback: String,
        /// The query of the page without an open callback.
        #[serde(default)]
        query: String,
    }

    impl From<RedeliverForm> for Redeliver {
        fn from(RedeliverForm { id, callback, .. }: RedeliverForm) -> Self {
            Self { id, callback }
        }
    }

    impl Ruled for Redeliver {
        const RULE: Rule = Rule::Session(Action::Resend);
    }

    impl PageAction for Redeliver {
        type Form = RedeliverForm;

        /// Redirects to the page with the new callback open, or with the same one if there is no new one yet.
        async fn answer(form: RedeliverForm, result: Result<Redelivered, ConsoleError>) -> Result<Response, ConsoleError> {
            let (callback, sent) = match result? {
                Redelivered::Logged(callback) => (callback, "again"),
                Redelivered::Queued => (form.callback, "soon"),
                Redelivered::Refused => (form.callback, "not"),
            };
            let query = LogQuery {
                callback: Some(callback),
                sent: Some(sent.to_owned()),
                ..read_query(&form.query)
            };
            let to = href(&format!("/webhooks/{}", form.id), &query);
            Ok(Redirect::to(&format!("{to}#callback")).into_response())
        }
    }
}
