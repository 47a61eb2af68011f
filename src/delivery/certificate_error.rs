//! Explains why a receiver's certificate was refused, in sentences that an operator can act on.

use std::time::Duration;

use rustls::{
    CertificateError, Error,
    pki_types::{CertificateDer, IpAddr, ServerName, UnixTime},
};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, parse_x509_certificate, public_key::PublicKey, time::ASN1Time};

const SELF_SIGNED: &str = "The certificate is self-signed and not trusted here (unknown issuer); \
                           add it to the system's trusted certificates or to the file named by SSL_CERT_FILE.";
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

fn reason(error: &Error, chain: &[X509Certificate<'_>], name: Option<&ServerName<'_>>) -> String {
    let Error::InvalidCertificate(error) = error else {
        return format!("The receiver could not prove that it owns its certificate: {error}.");
    };
    match error {
        CertificateError::Expired => "The certificate has expired.".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            let which = which(chain, |certificate| certificate.validity().not_after.timestamp(), *not_after);
            format!("{which} expired on {}.", date(*not_after))
        }
        CertificateError::NotValidYet => "The certificate is not valid yet.".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            let which = which(chain, |certificate| certificate.validity().not_before.timestamp(), *not_before);
            format!(
                "{which} is not valid before {}; compare the clocks of both machines.",
                date(*not_before)
            )
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => wrong_name(chain.first(), name),
        CertificateError::UnknownIssuer => unknown_issuer(chain),
        CertificateError::Revoked => "The certificate has been revoked.".to_owned(),
        CertificateError::UnknownRevocationStatus | CertificateError::ExpiredRevocationList => {
            "It cannot be told whether the certificate has been revoked.".to_owned()
        }
        CertificateError::BadSignature => bad_signature(chain),
        CertificateError::BadEncoding => "A certificate of the receiver cannot be read.".to_owned(),
        CertificateError::UnhandledCriticalExtension => {
            "A certificate of the receiver has a critical extension that clearhook does not know.".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "The certificate is not meant for a TLS server (extended key usage).".to_owned()
        }
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
    if debug.contains(AUTHORITY_AS_SERVER) {
        return "The certificate is that of a certificate authority (CA:TRUE), not of a server; create one with CA:FALSE.".to_owned();
    }
    if debug.contains("EkuError") || debug.contains("InvalidPurpose") {
        return "The certificate is not meant for a TLS server (extended key usage).".to_owned();
    }
    if debug.contains("UnsupportedCertVersion") {
        return "A certificate of the receiver is not of version 3 (X.509).".to_owned();
    }
    if debug.contains("UnsupportedSignatureAlgorithm") {
        let algorithms: Vec<_> = chain
            .iter()
            .take(CHAIN_MAX)
            .map(|certificate| format!("{} for {}", certificate.signature_algorithm.algorithm, subject(certificate)))
            .collect();
        return format!(
            "A certificate is signed with an algorithm that is not accepted ({}).",
            algorithms.join(", ")
        );
    }
    let debug: String = debug.chars().take(NAME_MAX).collect();
    format!("The certificate was refused ({debug}).")
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
        return format!("The certificate is not for {host}.");
    };
    let mut names: Vec<String> = leaf
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|extension| extension.value.general_names.iter().filter_map(alternative_name).collect())
        .unwrap_or_default();
    if names.is_empty() {
        return format!(
            "The certificate is not for {host}: it has no subject alternative name, and the common name in {} does not count (RFC 9525).",
            subject(leaf)
        );
    }
    let count = names.len();
    names.truncate(NAMES_MAX);
    let more = count - names.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("The certificate is for {}{more}, not for {host}.", names.join(", "))
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
        return "The issuer of the certificate is not known.".to_owned();
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
    for certificate in chain {
        if let Ok(PublicKey::RSA(key)) = certificate.public_key().parsed()
            && key.key_size() < RSA_BITS_MIN
        {
            return format!(
                "The RSA key of {} has {} bits; at least {RSA_BITS_MIN} are accepted.",
                subject(certificate),
                key.key_size()
            );
        }
    }
    // A self-signed certificate causes a bad signature if a trusted certificate has the same subject.
    if chain.first().is_some_and(|leaf| leaf.subject() == leaf.issuer()) {
        return SELF_SIGNED.to_owned();
    }
    "A certificate of the receiver is not signed by the issuer that it names (bad signature).".to_owned()
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
