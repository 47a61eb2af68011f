//! The list of webhooks.

use leptos::{server, server_fn::codec::GetUrl};

use crate::console::{ConsoleError, calls::ListView};

/// A page of the webhooks that the viewer may see.
#[server(prefix = "/fn", endpoint = "webhooks", input = GetUrl)]
pub async fn list_webhooks(q: Option<String>, after: Option<String>) -> Result<ListView, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::list::page(&app, &by, q, after)
        .await
        .map_err(crate::console::server::console_error)
}
