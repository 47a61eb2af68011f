//! The fields of a webhook as arguments of a command.

use std::path::Path;

use clap::Args;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::{
    cli::{
        error::CliError,
        input::{is_reference, read_secret, resolve},
    },
    config::secret_file,
};

/// The fields that are given.
#[derive(Args)]
pub(super) struct FieldArguments {
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// What it is used for
    #[arg(long)]
    description: Option<String>,
    /// The URL of the receiver
    #[arg(long = "receiver", visible_alias = "to", value_name = "URL")]
    receiver: Option<String>,
    /// An event type or a pattern such as `identity.*`; may be given several times. An update replaces all current ones
    #[arg(long = "event", value_name = "TYPE")]
    events: Vec<String>,
    /// A user who may see it, besides administrators, by email address or id; may be given several times. An update replaces all
    /// current ones
    #[arg(long = "owner", value_name = "EMAIL")]
    owners: Vec<String>,
    /// Remove all owners
    #[arg(long, conflicts_with = "owners")]
    no_owners: bool,
    /// A header that is added to each callback; may be given several times. An update replaces all current ones. With `NAME: env:VARIABLE` or
    /// `NAME: file:PATH` the value is read from there and kept secret
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Remove all headers
    #[arg(long, conflicts_with = "headers")]
    no_headers: bool,
    /// At most this many callbacks a second
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<u32>,
    /// How many callbacks may be sent at once after a time without any [default: the rate]
    #[arg(long, requires = "rate")]
    burst: Option<u32>,
    /// Remove the rate limit
    #[arg(long, conflicts_with = "rate")]
    no_rate: bool,
    /// Send events with the same subject one after the other: true or false
    #[arg(long)]
    ordered: Option<bool>,
    /// Whether callbacks are sent: true or false
    #[arg(long)]
    enabled: Option<bool>,
}

/// A secret that is not on the command line.
#[derive(Args)]
pub(super) struct SecretArguments {
    /// Read the secret (`whsec_…`) from a file [default: a new one is generated]
    #[arg(long, value_name = "PATH", conflicts_with = "secret_stdin")]
    secret_file: Option<String>,
    /// Read the secret from the first line of standard input
    #[arg(long)]
    secret_stdin: bool,
}

impl SecretArguments {
    /// The secret, if one is given.
    pub(super) fn read(&self) -> Result<Option<Zeroizing<String>>, CliError> {
        match &self.secret_file {
            Some(path) => Ok(Some(Zeroizing::new(secret_file::read("--secret-file", path)?))),
            None if self.secret_stdin => read_secret("the secret").map(Some),
            None => Ok(None),
        }
    }
}

impl FieldArguments {
    /// The body that creates a webhook.
    pub(super) fn of_new(&self, secret: Option<Zeroizing<String>>) -> Result<Value, CliError> {
        let missing: Vec<&str> = [
            ("--name", self.name.is_none()),
            ("--receiver", self.receiver.is_none()),
            ("--event", self.events.is_empty()),
        ]
        .into_iter()
        .filter_map(|(name, is_missing)| is_missing.then_some(name))
        .collect();
        if !missing.is_empty() {
            return Err(CliError::Usage(format!(
                "a new webhook needs {}; see clearhook webhook create --help",
                missing.join(", ")
            )));
        }
        let mut body = self.fields()?;
        if let Some(secret) = secret {
            body.insert("secret".to_owned(), secret.as_str().into());
        }
        Ok(Value::Object(body))
    }

    /// The body that changes a webhook.
    pub(super) fn of_change(&self) -> Result<Value, CliError> {
        let body = self.fields()?;
        if body.is_empty() {
            return Err(CliError::Usage(
                "no field to change is given; see clearhook webhook update --help".to_owned(),
            ));
        }
        Ok(Value::Object(body))
    }

    fn fields(&self) -> Result<Map<String, Value>, CliError> {
        let mut body = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            body.extend(value.map(|value| (name.to_owned(), value)));
        };
        let text = |value: &Option<String>| value.clone().map(Value::from);
        let list = |values: &[String], is_emptied: bool| (is_emptied || !values.is_empty()).then(|| json!(values));
        set("name", text(&self.name));
        set("description", text(&self.description));
        set("url", text(&self.receiver));
        set("events", list(&self.events, false));
        set("owners", list(&self.owners, self.no_owners));
        let headers = self
            .headers
            .iter()
            .map(|header| parse_header(header))
            .collect::<Result<Vec<_>, _>>()?;
        set("headers", (self.no_headers || !headers.is_empty()).then(|| headers.into()));
        let rate = self
            .rate
            .map(|per_second| json!({ "per_second": per_second, "burst": self.burst.unwrap_or(per_second) }));
        set("rate_limit", rate.or_else(|| self.no_rate.then_some(Value::Null)));
        set("ordered", self.ordered.map(Value::from));
        set("enabled", self.enabled.map(Value::from));
        Ok(body)
    }
}

/// A header as `Name: value`.
fn parse_header(text: &str) -> Result<Value, CliError> {
    let (name, value) = text.split_once(':').ok_or_else(|| {
        // The text may be a credential, so it is not repeated.
        CliError::Usage("--header: write a header as `Name: value`, such as `X-Environment: production`".to_owned())
    })?;
    let (name, value) = (name.trim(), value.trim());
    let resolved = resolve(value, Path::new("")).map_err(|detail| CliError::Other(format!("--header {name}: {detail}")))?;
    let mut header = json!({ "name": name, "value": resolved.as_str() });
    if is_reference(value) {
        header["secret"] = true.into();
    }
    Ok(header)
}
