//! The top of a webhook's page as HTML, for a page that is open for a while.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::console::ConsoleError;

/// The status and the summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthFragment {
    /// Elements with the attribute `data-list-part` and an id, without islands.
    pub html: String,
}

/// Renders the status and the summary of a webhook. `query` is the query of the page, encoded.
#[server(name = RenderHealthFragment, prefix = "/fn", endpoint = "health_fragment")]
pub async fn health_fragment(webhook: String, query: String) -> Result<HealthFragment, ConsoleError> {
    use crate::{
        console::{
            pages::webhook::{health::health_parts, load_health},
            server::{action_error, as_part_of, caller, lang, zone},
        },
        services::{error::UseCaseError, webhooks},
    };
    let (app, by) = caller()?;
    let id = webhook.parse().map_err(|_| action_error(UseCaseError::NotFound))?;
    as_part_of(&format!("/webhooks/{id}"), &query);
    let loaded = async {
        let webhook = webhooks::get(&app, &by, id).await?;
        let health = load_health::health(&app, &by, &webhook, &zone(), lang()).await?;
        Ok((webhook.status(), health))
    };
    let (status, health) = loaded.await.map_err(action_error)?;
    Ok(HealthFragment {
        html: health_parts(&webhook, Some(status), health).to_html(),
    })
}

#[cfg(feature = "ssr")]
impl crate::routes::Ruled for RenderHealthFragment {
    const RULE: crate::routes::Rule = crate::routes::Rule::Session(crate::auth::rules::Action::ReadCallbacks);
}
