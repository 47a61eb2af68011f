//! Small values that a browser keeps for the service, and can neither read nor change: sealed under the master key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::storage::Store;

/// Longest sealed text that is looked at.
const LONGEST: usize = 3_000;

/// What a sealed value is for: one that was made for something else does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Between the password and the second factor.
    SecondStep = 1,
    /// A browser that somebody signed in with before.
    Browser,
    /// On the way to an OpenID provider and back.
    Provider,
}

impl Purpose {
    const fn row(self) -> Uuid {
        Uuid::from_u128(self as u128)
    }
}

impl Store {
    /// Seals a value, as text for a cookie.
    pub fn seal(&self, purpose: Purpose, value: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.vault.seal(purpose.row(), value))
    }

    /// The value, if this service sealed it for this purpose.
    pub fn unseal(&self, purpose: Purpose, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = (text.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten()?;
        self.vault.open(purpose.row(), &sealed).ok()
    }
}
