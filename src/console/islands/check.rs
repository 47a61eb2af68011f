//! Rules of the server that the browser also checks, while the user types.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{headers, url_text, webhook},
    messages::validation::ValidationError,
};

/// The rule of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// A name.
    Name,
    /// The URL of a receiver.
    Url {
        /// Whether `http://` is allowed.
        http: bool,
    },
    /// The name of a custom header.
    HeaderName,
    /// The value of a custom header.
    HeaderValue,
    /// A number of the rate limit, or nothing.
    Rate,
}

impl Rule {
    /// Checks a value.
    pub fn check(self, value: &str) -> Result<(), ValidationError> {
        match self {
            Self::Name => webhook::check_name(value),
            Self::Url { http } => url_text::check(value, http),
            Self::HeaderName => headers::check_name(value),
            Self::HeaderValue => headers::check_value(value),
            Self::Rate => webhook::check_rate_text(value),
        }
    }
}
