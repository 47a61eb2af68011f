//! Who is signed in.

use crate::console::{calls::WhoView, server};

/// Whoever is signed in.
pub fn who() -> Option<WhoView> {
    server::signed_in().map(|who| WhoView {
        email: who.email,
        role: who.role,
    })
}
