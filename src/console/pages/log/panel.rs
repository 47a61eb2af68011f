//! The panel of a callback as HTML, for a page that is open (`console::client::panel`).

use leptos::prelude::*;

use crate::console::ConsoleError;

/// Renders the panel of a callback of a webhook. `query` is the query of the page with the callback, encoded.
#[server(name = RenderPanel, prefix = "/fn", endpoint = "callback_panel")]
pub async fn callback_panel(webhook: String, query: String) -> Result<String, ConsoleError> {
    use crate::{
        console::{
            href::read_query,
            pages::log::{
                callback::{OpenCallback, OpenCallbackProps},
                load_callback::load_panel,
                log_query::LogQuery,
            },
            server::{action_error, as_part_of, caller},
        },
        services::error::UseCaseError,
    };
    let (app, by) = caller()?;
    as_part_of(&format!("/webhooks/{webhook}"), &query);
    let query = read_query::<LogQuery>(&query);
    let open = load_panel(&app, &by, &webhook, &query).await.map_err(action_error)?;
    let open = open.ok_or_else(|| action_error(UseCaseError::NotFound))?;
    let props = OpenCallbackProps {
        open,
        newer: None,
        older: None,
    };
    Ok(OpenCallback(props).to_html())
}

#[cfg(feature = "ssr")]
impl crate::routes::Ruled for RenderPanel {
    const RULE: crate::routes::Rule = crate::routes::Rule::Session(crate::auth::rules::Action::ReadCallbacks);
}
