//! The client of the HTTP API, which all commands share that talk to a running server.

mod pages;
pub(super) mod problem;
mod profiles;
mod request;
mod server;
mod stream;

pub(super) use self::{
    pages::Items,
    profiles::{Profile, Profiles},
    request::{Answer, Call, Failure},
    server::{SERVER, ServerArguments, parse_url},
    stream::{StreamParser, StreamPlace},
};

use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use crate::{cli::error::CliError, tls_provider};

/// The time limit of a usual request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to the API of one server with one key.
pub(super) struct Client {
    url: Url,
    key: Zeroizing<String>,
    http: reqwest::Client,
}

impl Client {
    /// A client for this server.
    fn new(url: Url, key: Zeroizing<String>) -> Result<Self, CliError> {
        tls_provider::install();
        let http = reqwest::Client::builder()
            .user_agent(concat!("clearhook-cli/", env!("CARGO_PKG_VERSION")))
            // A redirect would send the key to another place.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| CliError::Other(format!("cannot prepare requests: {error}")))?;
        Ok(Self { url, key, http })
    }

    /// The URL of the server.
    pub(super) const fn url(&self) -> &Url {
        &self.url
    }
}
