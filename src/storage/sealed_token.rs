//! Small values that are stored in the browser, encrypted and authenticated with the master key, so that it can neither read nor change
//! them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::storage::Store;

/// Maximum length of a sealed text.
const LONGEST: usize = 3_000;

/// The purpose of a sealed value. A value cannot be opened for another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proof of the password, until the second factor is entered.
    SecondStep = 1,
    /// Identification of a browser with which the user signed in before.
    Browser,
    /// State of a sign-in through an OpenID provider.
    Provider,
    /// The signing secret of a webhook that was just added, until its page has shown it.
    NewSecret,
}

impl Purpose {
    const fn row(self) -> Uuid {
        Uuid::from_u128(self as u128)
    }
}

impl Store {
    /// Encrypts a value, as text for a cookie.
    pub fn seal(&self, purpose: Purpose, value: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.vault.seal(purpose.row(), value))
    }

    /// Decrypts a value. Returns `None` unless this service sealed it for this purpose.
    pub fn unseal(&self, purpose: Purpose, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = (text.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten()?;
        self.vault.open(purpose.row(), &sealed).ok()
    }
}
