//! Who is signed in.

use leptos::{server, server_fn::codec::GetUrl};

use crate::console::{ConsoleError, calls::WhoView};

/// Whoever is signed in.
#[server(prefix = "/fn", endpoint = "who", input = GetUrl)]
pub async fn who() -> Result<WhoView, ConsoleError> {
    let who = crate::console::server::signed_in().ok_or(ConsoleError::SignedOut)?;
    Ok(WhoView {
        email: who.email,
        role: who.role,
    })
}
