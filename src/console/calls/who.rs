//! Who is signed in; the sign-in page.

use leptos::{server, server_fn::codec::GetUrl};

use crate::console::{
    ConsoleError,
    calls::{SignInView, WhoView},
};

/// Whoever is signed in.
#[server(prefix = "/fn", endpoint = "who", input = GetUrl)]
pub async fn who() -> Result<WhoView, ConsoleError> {
    let who = crate::console::server::signed_in().ok_or(ConsoleError::SignedOut)?;
    Ok(WhoView {
        email: who.email,
        role: who.role,
    })
}

/// What stands on the sign-in page: empty, or what was typed and what is wrong with it. For everybody.
#[server(prefix = "/fn", endpoint = "sign-in-form", input = GetUrl)]
pub async fn sign_in_form() -> Result<SignInView, ConsoleError> {
    Ok(leptos::prelude::use_context::<SignInView>().unwrap_or_default())
}
