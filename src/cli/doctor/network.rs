//! Checks of the TLS certificate, the public URL, DNS, and the connections to receivers.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use http::Uri;
use rustls::{
    client::verify_server_name,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    server::ParsedCertificate,
};
use url::{Host, Url};
use x509_parser::parse_x509_certificate;

use super::report::Finding;
use crate::{
    broker::{self, Reached},
    config::Config,
    delivery::{Reachability, Unreachable, trusted_certificates},
    domain::{answer::Failure, timestamp::Timestamp},
    error_chain::innermost,
    storage::{Store, webhooks::WebhookFilter},
    tls_provider,
};

/// How long before its end a certificate is reported, in days.
const RENEW_DAYS: i64 = 21;
const DAY: i64 = 24 * 3_600;
/// How many places are connected to.
const PLACES_MAX: usize = 100;
const AT_ONCE: usize = 16;
/// The time limit of the request to the public URL.
const ANSWER: Duration = Duration::from_secs(10);

/// The files of the TLS certificate.
pub(super) fn tls(config: &Config) -> Finding {
    let Some((chain, _)) = &config.listen.tls else {
        return Finding::ok("tls files", "no certificate is configured; clearhook listens without TLS");
    };
    let file = chain.display();
    if let Err(error) = config.listen.certificates() {
        return Finding::error(
            "tls files",
            error.detail,
            "correct the PEM files named by CLEARHOOK_TLS_CERT and CLEARHOOK_TLS_KEY",
        );
    }
    let renew = "renew the certificate; clearhook loads the new files by itself";
    let Some(certificate) = CertificateDer::pem_file_iter(chain).ok().and_then(|mut all| all.next()?.ok()) else {
        return Finding::error("tls files", format!("{file} holds no certificate"), renew);
    };
    let Ok((_, parsed)) = parse_x509_certificate(&certificate) else {
        return Finding::error("tls files", format!("the certificate in {file} cannot be read"), renew);
    };
    let now = Timestamp::now().unix_seconds();
    let (begin, end) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
    if now > end {
        return Finding::error(
            "tls files",
            format!("the certificate in {file} expired {} days ago", (now - end) / DAY),
            renew,
        );
    }
    if now < begin {
        return Finding::error(
            "tls files",
            format!("the certificate in {file} is not valid before {}", parsed.validity().not_before),
            "set the clock if it is wrong, or use a certificate that is valid now",
        );
    }
    let host = config
        .front
        .public_url
        .host_str()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .to_owned();
    let is_of_host = ServerName::try_from(host.as_str())
        .is_ok_and(|name| ParsedCertificate::try_from(&certificate).is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok()));
    if !is_of_host {
        return Finding::warning(
            "tls files",
            format!("the certificate in {file} is not for {host}, the host of the public URL"),
            "use a certificate for this name, or set CLEARHOOK_PUBLIC_URL to a name that is in it",
        );
    }
    if end - now < RENEW_DAYS * DAY {
        return Finding::warning(
            "tls files",
            format!("the certificate in {file} expires in {} days", (end - now) / DAY),
            renew,
        );
    }
    Finding::ok(
        "tls files",
        format!("the certificate in {file} is valid for {host} and {} more days", (end - now) / DAY),
    )
}

/// The public URL: whether cookies are protected on the way, and whether clearhook answers there.
pub(super) async fn public_url(config: &Config) -> Finding {
    let url = &config.front.public_url;
    let is_local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let mut health = url.clone();
    health.set_path("/healthz");
    let answered = ask(&health).await;
    match answered {
        Ok(200) if url.scheme() == "http" && !is_local => Finding::warning(
            "public url",
            format!("clearhook answers at {url}, without TLS: others in the network can read sign-ins"),
            "set CLEARHOOK_TLS_CERT and CLEARHOOK_TLS_KEY, or use a proxy with TLS, and set CLEARHOOK_PUBLIC_URL to the https:// URL",
        ),
        Ok(200) if is_local => Finding::ok("public url", format!("clearhook answers at {url}; only this machine can reach it")),
        Ok(200) => Finding::ok("public url", format!("clearhook answers at {url}")),
        Ok(status) => Finding::error(
            "public url",
            format!("{url} answers, but not as clearhook does: {health} has the status {status}"),
            format!(
                "let the proxy forward all paths to {}, or correct CLEARHOOK_PUBLIC_URL",
                config.addr
            ),
        ),
        Err(why) => Finding::warning(
            "public url",
            format!("nothing answers at {url}: {why}"),
            format!(
                "start clearhook if it does not run; otherwise check CLEARHOOK_PUBLIC_URL, and that the proxy forwards to {}",
                config.addr
            ),
        ),
    }
}

async fn ask(url: &Url) -> Result<u16, String> {
    tls_provider::install();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ANSWER)
        .build()
        .map_err(|error| error.to_string())?;
    match client.get(url.clone()).send().await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) if error.is_timeout() => Err(format!("no answer within {} s", ANSWER.as_secs())),
        Err(error) => Err(innermost(&error).to_string()),
    }
}

/// Whether the OpenID provider answers. Its address may be private.
async fn provider(issuer: &str) -> Finding {
    let document = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let remedy = "check CLEARHOOK_OIDC_ISSUER, the provider, and firewalls on the way";
    let answered = match Url::parse(&document) {
        Ok(url) => ask(&url).await,
        Err(error) => Err(error.to_string()),
    };
    match answered {
        Ok(200) => Finding::ok("openid", format!("the OpenID provider answers at {issuer}")),
        Ok(status) => Finding::error("openid", format!("{document} has the status {status}"), remedy),
        Err(why) => Finding::error("openid", format!("the OpenID provider does not answer at {issuer}: {why}"), remedy),
    }
}

/// Whether each broker from which events are consumed accepts a connection. Nothing is created there.
pub(super) async fn brokers(config: &Config) -> Vec<Finding> {
    let reached = broker::reach(&config.brokers).await.into_iter();
    let finding = |Reached { name, servers, problem }| match problem {
        None => Finding::ok(name, format!("{servers} accepts the connection")),
        Some(problem) if problem.contains("; ") => Finding::of_sentence(name, &problem),
        Some(problem) => Finding::error(
            name,
            problem,
            format!("check that {servers} runs and can be reached from this machine"),
        ),
    };
    reached.map(finding).collect()
}

/// Names and connections of all enabled webhooks, and the OpenID provider.
pub(super) async fn outbound(config: &Config, store: Option<&Store>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if trusted_certificates().is_empty() {
        findings.push(Finding::error(
            "outbound",
            "no certificate authority is trusted, so no https:// receiver can be called",
            "install the package ca-certificates, or set SSL_CERT_FILE to a file with trusted certificates",
        ));
    }
    if let Some(oidc) = &config.front.oidc {
        findings.push(provider(&oidc.issuer).await);
    }
    let places = match places(store).await {
        Ok(places) => places,
        Err(error) => {
            findings.push(Finding::of_sentence("outbound", &error));
            return findings;
        }
    };
    let reachability = match Reachability::new(Arc::new(config.policy.clone()), &config.delivery) {
        Ok(reachability) => reachability,
        Err(error) => {
            findings.push(Finding::of_sentence("outbound", &error.to_string()));
            return findings;
        }
    };
    let tried = stream::iter(places).map(async |(place, whose)| {
        let blocked = |detail: String| Unreachable {
            failure: Failure::AddressBlocked,
            detail,
        };
        // As before each attempt: the settings may have changed since the webhook was saved.
        let result = match (config.policy.check(&place), place.parse::<Uri>()) {
            (Ok(_), Ok(uri)) => reachability.check(&uri).await,
            (Err(wrong), _) => Err(blocked(wrong.to_string())),
            (_, Err(error)) => Err(blocked(error.to_string())),
        };
        (place, whose, result)
    });
    let results: Vec<_> = tried.buffer_unordered(AT_ONCE).collect().await;
    findings.extend(judged(results));
    findings
}

/// Where a connection is needed, and which webhook needs it.
async fn places(store: Option<&Store>) -> Result<BTreeMap<String, String>, String> {
    let mut places = BTreeMap::new();
    let Some(store) = store else { return Ok(places) };
    let filter = WebhookFilter {
        enabled: Some(true),
        ..WebhookFilter::default()
    };
    let mut after = None;
    loop {
        let page = store.webhooks(&filter, after, 200).await.map_err(|error| error.to_string())?;
        for webhook in page.items {
            if let Ok(url) = Url::parse(&webhook.fields.url) {
                let name = format!("the webhook {}", webhook.fields.name);
                places.entry(url.origin().ascii_serialization()).or_insert(name);
            }
        }
        after = page.next;
        if after.is_none() || places.len() >= PLACES_MAX {
            return Ok(places);
        }
    }
}

/// The findings about names, then those about connections.
fn judged(results: Vec<(String, String, Result<(), Unreachable>)>) -> Vec<Finding> {
    let has_name =
        |place: &str| Url::parse(place).is_ok_and(|url| matches!(url.host(), Some(Host::Domain(name)) if name.parse::<IpAddr>().is_err()));
    let names = results.iter().filter(|(place, ..)| has_name(place)).count();
    let (mut unresolved, mut refused, all) = (Vec::new(), Vec::new(), results.len());
    for (place, whose, result) in results {
        let Err(why) = result else { continue };
        if why.failure == Failure::NameNotResolved {
            unresolved.push((place, whose, why.detail));
        } else {
            refused.push((place, whose, why.detail));
        }
    }
    let mut findings = Vec::new();
    let (lost, failed) = (unresolved.len(), refused.len());
    let dns = "check the name, and the DNS servers in /etc/resolv.conf";
    findings.extend(unresolved.into_iter().map(|(place, whose, detail)| {
        let message = format!("{place} ({whose}): {}", detail.trim_end_matches('.'));
        if lost == names {
            Finding::error("dns", message, dns)
        } else {
            Finding::warning("dns", message, dns)
        }
    }));
    if lost == 0 {
        findings.push(Finding::ok(
            "dns",
            match names {
                0 => "there is no name to look up".to_owned(),
                names => format!("{names} names of receivers have addresses"),
            },
        ));
    }
    let remedy = "check the receiver, firewalls on the way, and CLEARHOOK_ALLOWED_NETWORKS if its address is private";
    let connectable = all - lost;
    findings.extend(refused.into_iter().map(|(place, whose, detail)| {
        let message = format!("{place} ({whose}): {}", detail.trim_end_matches('.'));
        // One receiver may be down; if none can be reached, it is more likely this machine.
        if failed == connectable {
            Finding::error("outbound", message, remedy)
        } else {
            Finding::warning("outbound", message, remedy)
        }
    }));
    if failed == 0 {
        findings.push(Finding::ok(
            "outbound",
            match connectable {
                0 => "there is no receiver to connect to".to_owned(),
                places => format!("connections to {places} receivers can be opened"),
            },
        ));
    }
    findings
}
