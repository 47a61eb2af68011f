//! The overview as HTML, for a page that is open for a while.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::console::ConsoleError;

/// The parts of the overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewFragment {
    /// Elements with the attribute `data-list-part` and an id, without islands. Empty if there are no webhooks.
    pub html: String,
}

/// Renders the overview.
#[server(name = RenderOverviewFragment, prefix = "/fn", endpoint = "overview_fragment")]
pub async fn overview_fragment() -> Result<OverviewFragment, ConsoleError> {
    use crate::{
        console::{
            pages::{
                overview::{load_overview::load, overview_page::parts},
                webhooks::failing_badge::failing_badge,
            },
            server::{action_error, caller, lang},
        },
        domain::webhook::Status,
    };
    let (app, by) = caller()?;
    let found = load(&app, &by).await.map_err(action_error)?;
    let lang = lang();
    let html = found.any.then(|| {
        let badge = failing_badge(found.count(Status::Failing), lang);
        view! {
            {badge}
            {parts(found, lang)}
        }
        .to_html()
    });
    Ok(OverviewFragment {
        html: html.unwrap_or_default(),
    })
}

#[cfg(feature = "ssr")]
impl crate::routes::Ruled for RenderOverviewFragment {
    const RULE: crate::routes::Rule = crate::routes::Rule::Session(crate::auth::rules::Action::UseConsole);
}
