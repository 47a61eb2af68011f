//! Explains why a receiver's certificate was refused, in sentences that an operator can act on.

use std::time::Duration;

use rustls::{
    CertificateError, Error,
    pki_types::{CertificateDer, IpAddr, ServerName, UnixTime},
};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, parse_x509_certificate, public_key::PublicKey, time::ASN1Time};

use crate::domain::connection::{Certificate, CertificateFault};

const SELF_SIGNED: &str = "The certificate is self-signed and not trusted here (unknown issuer); \
                           add it to the system's trusted certificates or to the file named by SSL_CERT_FILE.";
const NOT_FOR_SERVERS: &str = "The certificate is not meant for a TLS server; have it issued with the extended key usage serverAuth.";
/// Names in certificates are cut to this length, because the receiver controls them.
const NAME_MAX: usize = 80;
/// Maximum number of names of a certificate that are listed.
const NAMES_MAX: usize = 10;
/// rustls exposes this error of webpki as text only.
const AUTHORITY_AS_SERVER: &str = "CaUsedAsEndEntity";
/// Maximum number of certificates of a chain that are listed.
const CHAIN_MAX: usize = 5;
/// Minimum length of RSA keys, in bits.
const RSA_BITS_MIN: usize = 2_048;
/// Maximum length of RSA keys, in bits.
const RSA_BITS_MAX: usize = 8_192;
/// Signature algorithms that are no longer accepted, by their object identifiers.
const OLD_ALGORITHMS: [(&str, &str); 8] = [
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10040.4.3", "dsa-with-SHA1"),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-SHA256"),
];

/// Returns the reason, what to do about it, and the subjects of the certificates that the receiver sent.
pub(super) fn explain(
    error: &Error,
    leaf: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    name: Option<&ServerName<'_>>,
) -> String {
    let chain: Vec<_> = std::iter::once(leaf)
        .chain(intermediates)
        .filter_map(|certificate| parse_x509_certificate(certificate).ok().map(|(_, parsed)| parsed))
        .collect();
    let reason = reason(error, &chain, name);
    if chain.is_empty() {
        return reason;
    }
    let mut subjects: Vec<_> = chain.iter().take(CHAIN_MAX).map(subject).collect();
    if chain.len() > CHAIN_MAX {
        subjects.push(format!("{} more", chain.len() - CHAIN_MAX));
    }
    format!("{reason} Certificates sent by the receiver: {}.", subjects.join(", "))
}

/// The certificates that a receiver presented, for the log. Those that cannot be read are left out, and a long chain is cut.
pub(super) fn described_chain(error: &Error, leaf: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Vec<Certificate> {
    let chain: Vec<_> = std::iter::once(leaf)
        .chain(intermediates)
        .filter_map(|certificate| parse_x509_certificate(certificate).ok().map(|(_, parsed)| parsed))
        .collect();
    let mut described: Vec<_> = chain.iter().take(CHAIN_MAX).map(described_certificate).collect();
    if let Some(first) = described.first_mut() {
        first.refused = fault(error, &chain);
    }
    described
}

/// The reasons for which the console has a sentence of its own. The others are explained by [`explain`] alone.
fn fault(error: &Error, chain: &[X509Certificate<'_>]) -> Option<CertificateFault> {
    if is_authority_as_server(error) {
        return Some(if chain.iter().skip(1).any(|certificate| !certificate.is_ca()) {
            CertificateFault::WrongOrder
        } else {
            CertificateFault::Authority
        });
    }
    let Error::InvalidCertificate(error) = error else { return None };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Some(CertificateFault::Expired),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Some(CertificateFault::NotYetValid),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Some(CertificateFault::OtherName),
        CertificateError::UnknownIssuer if is_self_signed(chain) => Some(CertificateFault::SelfSigned),
        CertificateError::UnknownIssuer => Some(CertificateFault::UnknownIssuer),
        // A self-signed certificate causes a bad signature if a trusted certificate has the same subject.
        CertificateError::BadSignature if is_self_signed(chain) && unfit_rsa_key(chain).is_none() => Some(CertificateFault::SelfSigned),
        CertificateError::Revoked => Some(CertificateFault::Revoked),
        _ => None,
    }
}

/// Whether the receiver's own certificate is its own issuer.
fn is_self_signed(chain: &[X509Certificate<'_>]) -> bool {
    chain.first().is_some_and(|leaf| leaf.subject() == leaf.issuer())
}

fn described_certificate(certificate: &X509Certificate<'_>) -> Certificate {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let entries = extension
        .map(|extension| extension.value.general_names.as_slice())
        .unwrap_or_default();
    let moment = |time: ASN1Time| time.timestamp().saturating_mul(1_000);
    Certificate {
        subject: cut(&certificate.subject().to_string()),
        issuer: cut(&certificate.issuer().to_string()),
        names: entries.iter().filter_map(alternative_name).take(NAMES_MAX).collect(),
        not_before: moment(certificate.validity().not_before),
        not_after: moment(certificate.validity().not_after),
        refused: None,
    }
}

fn reason(error: &Error, chain: &[X509Certificate<'_>], name: Option<&ServerName<'_>>) -> String {
    let Error::InvalidCertificate(error) = error else {
        return format!(
            "The receiver could not prove that it owns its certificate: {error}; check that its private key belongs to its certificate."
        );
    };
    match error {
        CertificateError::Expired => never_valid(chain),
        CertificateError::ExpiredContext { not_after, .. } => {
            let which = which(chain, |certificate| certificate.validity().not_after.timestamp(), *not_after);
            format!("{which} expired on {}; have the receiver renew it.", date(*not_after))
        }
        CertificateError::NotValidYet => "The certificate is not valid yet; compare the clocks of both machines.".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            let which = which(chain, |certificate| certificate.validity().not_before.timestamp(), *not_before);
            format!(
                "{which} is not valid before {}; compare the clocks of both machines.",
                date(*not_before)
            )
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => wrong_name(chain.first(), name),
        CertificateError::UnknownIssuer => unknown_issuer(chain),
        CertificateError::Revoked => "The certificate has been revoked; have the receiver replace it.".to_owned(),
        CertificateError::UnknownRevocationStatus | CertificateError::ExpiredRevocationList => {
            "It cannot be determined whether the certificate has been revoked; have the receiver replace it.".to_owned()
        }
        CertificateError::BadSignature => bad_signature(chain),
        CertificateError::BadEncoding => {
            "A certificate of the receiver cannot be read (its encoding is wrong); have the receiver replace it.".to_owned()
        }
        CertificateError::UnhandledCriticalExtension => {
            "A certificate of the receiver has a critical extension that clearhook does not know; have it issued without this extension."
                .to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => NOT_FOR_SERVERS.to_owned(),
        other => described(&format!("{other:?}"), chain),
    }
}

/// Whether a certificate was refused because it is a CA certificate.
pub(super) fn is_authority_as_server(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(error) if format!("{error:?}").contains(AUTHORITY_AS_SERVER))
}

/// Refuses a certificate that is not valid yet or has expired.
pub(super) fn verify_validity(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let Ok((_, certificate)) = parse_x509_certificate(certificate) else {
        return Err(CertificateError::BadEncoding.into());
    };
    let moment = |time: ASN1Time| UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time.timestamp()).unwrap_or(0)));
    let (not_before, not_after) = (moment(certificate.validity().not_before), moment(certificate.validity().not_after));
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    Ok(())
}

/// Explains errors that have no variant of their own, by their debug output.
fn described(debug: &str, chain: &[X509Certificate<'_>]) -> String {
    // Sorted so that no name precedes another one that contains it.
    let known: [(&str, &str); 12] = [
        (
            "EndEntityUsedAsCa",
            "A certificate was issued by one that is not an authority (CA:TRUE is missing); have the receiver get its certificate from an authority.",
        ),
        (
            "NameConstraintViolation",
            "An issuer of the certificate may not issue certificates for the names in it (name constraints); \
             have the receiver get its certificate from another authority.",
        ),
        (
            "PathLenConstraintViolated",
            "An issuer of the certificate may not have so many authorities below it (path length constraint); \
             have the receiver get its certificate from another authority.",
        ),
        (
            "Maximum",
            "The certificates that the receiver sends cannot be verified with a reasonable effort; \
             have it send its own certificate and the intermediate certificates, each once.",
        ),
        ("EmptyEkuExtension", NOT_FOR_SERVERS),
        ("EkuError", NOT_FOR_SERVERS),
        ("InvalidPurpose", NOT_FOR_SERVERS),
        (
            "UnsupportedCertVersion",
            "A certificate of the receiver is not of version 3 (X.509); have the receiver replace it.",
        ),
        (
            "SignatureAlgorithmMismatch",
            "A certificate of the receiver names two different signature algorithms; have the receiver replace it.",
        ),
        (
            "UnsupportedSignatureAlgorithmForPublicKey",
            "A certificate is signed by a key that does not fit the signature algorithm, or whose kind is not accepted; \
             accepted are RSA from 2048 bits, P-256, P-384, P-521 and Ed25519.",
        ),
        (
            "Malformed",
            "An extension of a certificate of the receiver cannot be read; have the receiver replace it.",
        ),
        (
            "Invalid",
            "A certificate of the receiver has an invalid field; have the receiver replace it.",
        ),
    ];
    if debug.contains(AUTHORITY_AS_SERVER) {
        return authority_as_server(chain);
    }
    if let Some((_, sentence)) = known.iter().find(|(name, _)| debug.contains(name)) {
        return (*sentence).to_owned();
    }
    if debug.contains("UnsupportedSignatureAlgorithm") {
        return unsupported_signature(chain);
    }
    let debug: String = debug.chars().take(NAME_MAX).collect();
    format!("The certificate was refused ({debug}); have the receiver replace it.")
}

fn authority_as_server(chain: &[X509Certificate<'_>]) -> String {
    // A certificate that is not an authority's comes later: the chain does not begin with the server's own certificate (RFC 8446 §4.4.2).
    if let Some(own) = chain.iter().skip(1).find(|certificate| !certificate.is_ca()) {
        return format!(
            "The receiver sends its certificates in the wrong order; its own certificate, {}, has to be the first.",
            subject(own)
        );
    }
    let trust = if is_self_signed(chain) {
        ", or add it to the system's trusted certificates or to the file named by SSL_CERT_FILE"
    } else {
        ""
    };
    format!("The certificate is that of a certificate authority (CA:TRUE), not of a server; create one with CA:FALSE{trust}.")
}

fn unsupported_signature(chain: &[X509Certificate<'_>]) -> String {
    let named = |certificate: &X509Certificate<'_>| {
        let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
        let old = OLD_ALGORITHMS.iter().find(|(id, _)| *id == algorithm);
        let text = old.map_or_else(|| algorithm.clone(), |(_, name)| format!("{name}, {algorithm},"));
        (old.is_some(), format!("{text} for {}", subject(certificate)))
    };
    let mut algorithms: Vec<_> = chain.iter().take(CHAIN_MAX).map(named).collect();
    if algorithms.iter().any(|(is_old, _)| *is_old) {
        algorithms.retain(|(is_old, _)| *is_old);
    }
    let algorithms: Vec<_> = algorithms.into_iter().map(|(_, text)| text).collect();
    format!(
        "A certificate is signed with an algorithm that is not accepted ({}); have it signed with SHA-256, SHA-384 or SHA-512.",
        algorithms.join(", ")
    )
}

/// The library reports a validity that ends before it begins as expired, without a date.
fn never_valid(chain: &[X509Certificate<'_>]) -> String {
    let is_never_valid = |certificate: &&X509Certificate<'_>| certificate.validity().not_after < certificate.validity().not_before;
    match chain.iter().find(is_never_valid) {
        Some(certificate) => format!(
            "The certificate {} is never valid, because its validity ends before it begins; have the receiver replace it.",
            subject(certificate)
        ),
        None => "The certificate has expired; have the receiver renew it.".to_owned(),
    }
}

fn which(chain: &[X509Certificate<'_>], moment: impl Fn(&X509Certificate<'_>) -> i64, wanted: UnixTime) -> String {
    let wanted = i64::try_from(wanted.as_secs()).unwrap_or(i64::MAX);
    let found = chain.iter().find(|certificate| moment(certificate) == wanted);
    found.map_or_else(
        || "A certificate".to_owned(),
        |certificate| format!("The certificate {}", subject(certificate)),
    )
}

fn wrong_name(leaf: Option<&X509Certificate<'_>>, name: Option<&ServerName<'_>>) -> String {
    let host = name.map_or_else(|| "this host".to_owned(), host);
    let Some(leaf) = leaf else {
        return format!("The certificate is not for {host}; have the receiver get one for it.");
    };
    let extension = leaf.subject_alternative_name().ok().flatten();
    let entries = extension
        .map(|extension| extension.value.general_names.as_slice())
        .unwrap_or_default();
    let mut names: Vec<String> = entries.iter().filter_map(alternative_name).collect();
    if names.is_empty() {
        let missing = if entries.is_empty() {
            "it has no subject alternative name"
        } else {
            "its subject alternative name has neither a DNS name nor an IP address"
        };
        return format!(
            "The certificate is not for {host}: {missing}, and the common name in {} does not count (RFC 9525); \
             have the receiver get one with {host} as a subject alternative name.",
            subject(leaf)
        );
    }
    let dns_names = || {
        entries.iter().filter_map(|entry| match entry {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        })
    };
    if matches!(name, Some(ServerName::IpAddress(_))) && dns_names().any(|name| is_address(name, &host)) {
        return format!(
            "The certificate names {host} only as a DNS name, which does not count for an address (RFC 9525 §6.4); \
             have the receiver get one with {host} as an IP address in the subject alternative name."
        );
    }
    let why = dns_names().find_map(|name| near_miss(name, &host)).unwrap_or_default();
    let count = names.len();
    names.truncate(NAMES_MAX);
    let more = count - names.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "The certificate is for {}{more}, not for {host}{why}; have the receiver get one for {host}, or correct the URL.",
        names.join(", ")
    )
}

/// Whether a DNS name is the text of this address.
fn is_address(name: &str, address: &str) -> bool {
    let parsed = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    parsed.is_ok_and(|parsed| parsed.to_string() == address)
}

/// Why a name that resembles the host does not stand for it (RFC 9525 §6.3).
fn near_miss(name: &str, host: &str) -> Option<&'static str> {
    let (name, host) = (name.to_ascii_lowercase(), host.to_ascii_lowercase());
    if name.trim_end_matches('.') == host {
        return Some(" (a name in a certificate has no dot at its end)");
    }
    let Some(suffix) = name.strip_prefix("*.") else {
        return name.contains('*').then_some(" (a wildcard has to be the whole first label)");
    };
    if suffix.contains('*') {
        return Some(" (a wildcard has to be the whole first label)");
    }
    if suffix == host || host.ends_with(&format!(".{suffix}")) {
        return Some(if suffix.contains('.') {
            " (a wildcard stands for exactly one label)"
        } else {
            " (a wildcard below a top-level domain is not accepted)"
        });
    }
    None
}

fn alternative_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(cut(name)),
        GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
            .map(|bytes| std::net::IpAddr::from(bytes).to_string())
            .or_else(|_| <[u8; 16]>::try_from(*bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string()))
            .ok(),
        _ => None,
    }
}

fn host(name: &ServerName<'_>) -> String {
    match name {
        ServerName::DnsName(name) => name.as_ref().to_owned(),
        ServerName::IpAddress(IpAddr::V4(address)) => std::net::IpAddr::from(*address.as_ref()).to_string(),
        ServerName::IpAddress(IpAddr::V6(address)) => std::net::IpAddr::from(*address.as_ref()).to_string(),
        _ => "this host".to_owned(),
    }
}

fn unknown_issuer(chain: &[X509Certificate<'_>]) -> String {
    let Some(leaf) = chain.first() else {
        return "The issuer of the certificate is not known; add it to the system's trusted certificates.".to_owned();
    };
    if leaf.subject() == leaf.issuer() {
        return SELF_SIGNED.to_owned();
    }
    // Follow the chain to the last certificate whose issuer was not sent.
    let mut last = leaf;
    for _ in chain {
        let issuer = chain
            .iter()
            .find(|certificate| certificate.subject() == last.issuer() && certificate.subject() != last.subject());
        match issuer {
            Some(issuer) => last = issuer,
            None => break,
        }
    }
    format!(
        "The certificate has an unknown issuer, {}: no trusted certificate has this name; add it to the system's trusted certificates or to the file named by \
         SSL_CERT_FILE, or have the receiver send its intermediate certificates.",
        quoted(&last.issuer().to_string())
    )
}

fn bad_signature(chain: &[X509Certificate<'_>]) -> String {
    if let Some((certificate, bits)) = unfit_rsa_key(chain) {
        let whose = subject(certificate);
        return format!("The RSA key of {whose} has {bits} bits; {RSA_BITS_MIN} to {RSA_BITS_MAX} are accepted.");
    }
    if is_self_signed(chain) {
        return SELF_SIGNED.to_owned();
    }
    "A certificate of the receiver is not signed by the issuer that it names (bad signature); \
     if a private authority was created anew, trust its new certificate."
        .to_owned()
}

/// The first certificate whose RSA key is too short or too long, and its length in bits.
fn unfit_rsa_key<'c, 'a>(chain: &'c [X509Certificate<'a>]) -> Option<(&'c X509Certificate<'a>, usize)> {
    chain.iter().find_map(|certificate| match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) if !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&key.key_size()) => Some((certificate, key.key_size())),
        _ => None,
    })
}

fn subject(certificate: &X509Certificate<'_>) -> String {
    quoted(&certificate.subject().to_string())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", cut(name))
}

fn cut(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(NAME_MAX).collect()
}

fn date(moment: UnixTime) -> String {
    let seconds = i64::try_from(moment.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_| "an impossible date".to_owned(),
        |moment| moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}
