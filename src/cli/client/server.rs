//! Which server a command talks to, and with which key: flags, then the environment, then a profile, then the default.

use clap::Args;
use url::Url;
use zeroize::Zeroizing;

use super::{Client, Profile, Profiles};
use crate::{cli::error::CliError, config::secret_file};

/// The default server.
pub(in crate::cli) const SERVER: &str = "http://127.0.0.1:3000";

/// The settings of commands that talk to a running server.
#[allow(rustdoc::bare_urls, clippy::doc_markdown, reason = "the text of --help")]
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ServerArguments {
    /// The URL of the server [default: that of the profile, or http://127.0.0.1:3000]
    #[arg(long, env = "CLEARHOOK_URL", global = true, help_heading = "Server")]
    url: Option<String>,
    /// An API key. Prefer the environment variable, a file or a profile: other users of this machine can read command-line arguments
    #[arg(long, env = "CLEARHOOK_API_KEY", hide_env_values = true, global = true, help_heading = "Server")]
    api_key: Option<String>,
    /// A file with the API key
    #[arg(
        long,
        env = "CLEARHOOK_API_KEY_FILE",
        hide_env_values = true,
        global = true,
        help_heading = "Server"
    )]
    api_key_file: Option<String>,
    /// The stored URL and key, see `clearhook profile --help` [default: that of `clearhook profile use`]
    #[arg(long, env = "CLEARHOOK_PROFILE", global = true, help_heading = "Server")]
    profile: Option<String>,
}

impl ServerArguments {
    /// The client for this server.
    pub(in crate::cli) fn client(&self) -> Result<Client, CliError> {
        let (url, key) = self.resolve()?;
        Client::new(url, key)
    }

    /// The URL and the key. A profile that is named by a flag takes precedence over the environment; the chosen profile does not. The key of a
    /// profile is sent to the URL of this profile only.
    pub(in crate::cli) fn resolve(&self) -> Result<(Url, Zeroizing<String>), CliError> {
        let named = given(self.profile.as_deref());
        let is_flag = named.is_some() && !is_variable("CLEARHOOK_PROFILE", self.profile.as_deref());
        let not_overridden = |name: &str, value: &Option<String>| -> Option<String> {
            let value = given(value.as_deref())?;
            (!is_flag || !is_variable(name, Some(value))).then(|| value.to_owned())
        };
        let url = not_overridden("CLEARHOOK_URL", &self.url);
        let key = secret_file::either(
            "CLEARHOOK_API_KEY",
            not_overridden("CLEARHOOK_API_KEY", &self.api_key),
            not_overridden("CLEARHOOK_API_KEY_FILE", &self.api_key_file),
        )?;
        // Without a profile that is named, the file is not needed, and not read, when everything else is given.
        let profile = match named {
            Some(name) => Some(Profiles::load()?.get(name)?.clone()),
            None if url.is_some() && key.is_some() => None,
            None => Profiles::load()?.chosen().cloned(),
        };
        let url = match (&url, &profile) {
            (Some(url), _) => parse_url("--url", url)?,
            (None, Some(profile)) => parse_url("the profile", &profile.url)?,
            (None, None) => parse_url("--url", SERVER)?,
        };
        let key = match (key, profile) {
            (Some(key), _) => key,
            (None, Some(profile)) => key_of(&profile, &url)?,
            (None, None) => return Err(no_key()),
        };
        let key = key.trim();
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CliError::Other(
                "the API key has a line end, a blank or another character that no key has; check where it comes from".to_owned(),
            ));
        }
        Ok((url, Zeroizing::new(key.to_owned())))
    }
}

/// The key of a profile, for requests to this URL.
fn key_of(profile: &Profile, url: &Url) -> Result<String, CliError> {
    let Some(key) = &profile.key else { return Err(no_key()) };
    let own = parse_url("the profile", &profile.url)?;
    if own.origin() == url.origin() {
        return Ok(key.clone());
    }
    Err(CliError::Other(format!(
        "no API key for {url}; the key of the profile belongs to {own}, so set CLEARHOOK_API_KEY or leave out --url"
    )))
}

fn no_key() -> CliError {
    CliError::Other(
        "no API key; set CLEARHOOK_API_KEY or CLEARHOOK_API_KEY_FILE, or store one with `clearhook profile add` (create a key with `clearhook api-key create`)"
            .to_owned(),
    )
}

/// The text, unless it is empty: an empty setting counts as unset.
fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Whether a value comes from this environment variable.
fn is_variable(name: &str, value: Option<&str>) -> bool {
    std::env::var(name).ok().as_deref().map(str::trim) == value.map(str::trim)
}

/// Parses the URL of a server. `what` names where it is from.
pub(in crate::cli) fn parse_url(what: &str, text: &str) -> Result<Url, CliError> {
    let wrong = || CliError::Other(format!("{what}: `{text}` is not a URL; use one such as {SERVER}"));
    let mut url = Url::parse(text.trim()).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(CliError::Other(format!(
            "{what}: the URL contains a name or a password; the API takes a key, see `clearhook api-key create --help`"
        )));
    }
    url.set_query(None);
    url.set_fragment(None);
    // Paths are added to it.
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}
