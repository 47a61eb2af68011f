//! `clearhook health`: asks the service on this machine whether it works. For containers, whose images have no `curl`.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use clap::Args;
use reqwest::Client;
use serde::Deserialize;

use crate::{
    cli::{error::CliError, output::print_line},
    config::{Config, Settings},
    tls_provider,
};

/// How long the service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(4);

#[derive(Args)]
pub(super) struct HealthArguments {
    /// Also check that the service can work: the database is reachable, and the dispatcher makes progress (`/readyz`). Without it, only
    /// whether the process answers is checked (`/healthz`)
    #[arg(long)]
    ready: bool,
    #[command(flatten)]
    settings: Settings,
}

/// The part of a problem (RFC 9457) that says what is wrong.
#[derive(Deserialize)]
struct Reason {
    detail: Option<String>,
}

/// Checks the service that runs with these settings.
pub(super) async fn run(arguments: HealthArguments) -> Result<(), CliError> {
    let config = Config::resolve(arguments.settings)?;
    let scheme = match (&config.metrics_addr, &config.listen.tls) {
        (None, Some(_)) => "https",
        _ => "http",
    };
    let address = reachable(config.metrics_addr.unwrap_or(config.addr));
    let path = if arguments.ready { "/readyz" } else { "/healthz" };
    let url = format!("{scheme}://{address}{path}");
    tls_provider::install();
    // The certificate is for the public name and not for this address.
    let client = Client::builder()
        .no_proxy()
        .timeout(TIMEOUT)
        .tls_danger_accept_invalid_certs(true)
        .build()
        .map_err(|error| CliError::Other(format!("cannot prepare the request: {error}")))?;
    let unreachable = |error: reqwest::Error| {
        let why = if error.is_timeout() {
            "it did not answer in time"
        } else {
            "nothing answers there"
        };
        CliError::Other(format!(
            "the service is not reachable at {url}: {why}; check that it runs with the same settings"
        ))
    };
    let response = client.get(&url).send().await.map_err(unreachable)?;
    let status = response.status();
    if status.is_success() {
        return print_line(format_args!("ok"));
    }
    let body = response.bytes().await.unwrap_or_default();
    let reason = serde_json::from_slice::<Reason>(&body).ok().and_then(|reason| reason.detail);
    Err(CliError::Other(format!(
        "the service at {url} answers {status}: {}",
        reason.as_deref().unwrap_or("look into the service log")
    )))
}

/// The address at which this machine reaches a listener: that of the loopback interface if it listens on all interfaces.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
