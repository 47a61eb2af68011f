//! The list as HTML, for a page whose query changes or that is open for a while.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::console::ConsoleError;

/// The parts of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListFragment {
    /// Elements with the attribute `data-list-part` and an id. They contain no islands, so that they need no hydration.
    pub html: String,
}

/// Renders the list. `query` is the query of the page, encoded.
#[server(name = RenderListFragment, prefix = "/fn", endpoint = "list_fragment")]
pub async fn list_fragment(query: String) -> Result<ListFragment, ConsoleError> {
    use crate::console::{
        href::read_query,
        pages::webhooks::{
            list_parts::parts,
            load_list::{ListQuery, load},
        },
        server::{action_error, caller, lang},
    };
    let (app, by) = caller()?;
    let query = read_query::<ListQuery>(&query);
    let list = load(&app, &by, query.clone()).await.map_err(action_error)?;
    Ok(ListFragment {
        html: parts(list, &query, lang()).to_html(),
    })
}

#[cfg(feature = "ssr")]
impl crate::routes::Ruled for RenderListFragment {
    const RULE: crate::routes::Rule = crate::routes::Rule::Session(crate::auth::rules::Action::ReadWebhooks);
}
