//! The rules that the server keeps, said while somebody types.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{headers, url_text, webhook},
    messages::wrong::Wrong,
};

/// The rule of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// A name.
    Name,
    /// The address of a receiver; whether `http://` will do.
    Url {
        /// Whether it will.
        http: bool,
    },
    /// The name of an additional header.
    HeaderName,
    /// Its value.
    HeaderValue,
    /// A number of a rate limit, or nothing.
    Rate,
}

impl Rule {
    /// What is wrong, if anything.
    pub fn check(self, value: &str) -> Result<(), Wrong> {
        match self {
            Self::Name => webhook::check_name(value),
            Self::Url { http } => url_text::check(value, http),
            Self::HeaderName => headers::check_name(value),
            Self::HeaderValue => headers::check_value(value),
            Self::Rate => webhook::check_rate_text(value),
        }
    }
}
