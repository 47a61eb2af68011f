//! The log as HTML, for a page that is open while callbacks are logged or its log is searched.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::console::{ConsoleError, pages::log::followed_log::FollowedLog};

/// The first page of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFragment {
    /// The log that the HTML shows.
    pub followed: FollowedLog,
    /// The content of the element `log`. It contains no islands, so that it needs no hydration.
    pub html: String,
}

/// Renders the first page of the log of a webhook. `query` is the query of the page, encoded.
#[server(name = RenderLogFragment, prefix = "/fn", endpoint = "log_fragment")]
pub async fn log_fragment(webhook: String, query: String) -> Result<LogFragment, ConsoleError> {
    use crate::console::{
        href::read_query,
        pages::log::{
            load_log::{WebhookLog, load},
            log_query::LogQuery,
            logs::{Log, LogProps},
        },
        server::{action_error, as_part_of, caller},
    };
    let (app, by) = caller()?;
    as_part_of(&format!("/webhooks/{webhook}"), &query);
    let query = read_query::<LogQuery>(&query).first_page();
    let log = load(&app, &by, &webhook, query).await.map_err(action_error)?;
    Ok(LogFragment {
        followed: log.followed(&webhook),
        html: match log {
            WebhookLog::Page(log) => Log(LogProps { log: *log }).to_html(),
            WebhookLog::Empty { .. } => String::new(),
        },
    })
}

#[cfg(feature = "ssr")]
impl crate::routes::Ruled for RenderLogFragment {
    const RULE: crate::routes::Rule = crate::routes::Rule::Session(crate::auth::rules::Action::ReadCallbacks);
}
