//! Certificate chains that must be accepted, and chains that must be rejected, with the reason in the log.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, NameConstraints, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA512, SanType, date_time_ymd,
};
use rustls::{
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};

use super::{
    certificates::{Authority, self_signed, self_signed_as},
    tls::{HOST, RESPONSE, Table, ok, presents, refused, row},
};

fn ancient(parameters: &mut CertificateParams) {
    parameters.not_after = date_time_ymd(2001, 2, 3);
}

fn future(parameters: &mut CertificateParams) {
    parameters.not_before = date_time_ymd(3001, 2, 3);
}

pub(super) async fn accepted(table: &mut Table) {
    let p256 = &PKCS_ECDSA_P256_SHA256;
    let chain = Chain::below(&table.root);
    let leaf = || chain.third.issue(&[HOST], p256, |_| ());
    let (first, second, third) = (&chain.first, &chain.second, &chain.third);
    let own = self_signed(&[HOST], IsCa::NoCa);
    table.trusted.push(own.chain[0].clone());
    let rows = [
        presents("a long chain", HOST, leaf().with(&[third, second, first]), ok()).await,
        presents(
            "a long chain with its root",
            HOST,
            leaf().with(&[third, second, first, &table.root]),
            ok(),
        )
        .await,
        presents("a chain in disorder", HOST, leaf().with(&[first, third, second]), ok()).await,
        presents("a wildcard", HOST, table.issue(&["*.example.com"]), ok()).await,
        presents("a name among others", HOST, table.issue(&["a.example", HOST]), ok()).await,
        presents("a name with a dot at its end", "hooks.example.com.", table.issue(&[HOST]), ok()).await,
        presents("trusted, though self-signed", HOST, own, ok()).await,
        row("TLS 1.2", HOST, table.issue(&[HOST]).config(&[&TLS12]), RESPONSE, true, ok()).await,
        row("TLS 1.3", HOST, table.issue(&[HOST]).config(&[&TLS13]), RESPONSE, true, ok()).await,
    ];
    table.rows.extend(rows);
}

/// Three intermediate authorities.
struct Chain {
    first: Authority,
    second: Authority,
    third: Authority,
}

impl Chain {
    fn below(root: &Authority) -> Self {
        let first = root.intermediate("First Intermediate", &PKCS_RSA_SHA512, |_| ());
        let second = first.intermediate("Second Intermediate", &PKCS_ECDSA_P384_SHA384, |_| ());
        let third = second.intermediate("Third Intermediate", &PKCS_ECDSA_P256_SHA256, |_| ());
        Self { first, second, third }
    }
}

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) async fn refused_with_a_reason(table: &mut Table) {
    let p256 = &PKCS_ECDSA_P256_SHA256;
    let third = Chain::below(&table.root).third;
    let leaf = || third.issue(&[HOST], p256, |_| ());
    let root = &table.root;
    let issue = |names: &[&str]| root.issue(names, p256, |_| ());
    let client = |parameters: &mut rcgen::CertificateParams| parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let old = root.intermediate("Old Intermediate", p256, ancient);
    let stranger = Authority::root("Unknown Root", p256);
    let nobody = stranger.intermediate("Unknown Intermediate", p256, |_| ());
    let sent = "certificates sent by the receiver: \"CN=The receiver\"";
    let rows = [
        presents(
            "expired",
            HOST,
            root.issue(&[HOST], p256, ancient),
            refused(&["\"CN=The receiver\" expired on 2001-02-03 00:00:00 UTC", sent]),
        )
        .await,
        presents(
            "an intermediate that expired",
            HOST,
            old.issue(&[HOST], p256, |_| ()).with(&[&old]),
            refused(&[
                "\"CN=Old Intermediate\" expired on 2001-02-03",
                "\"CN=The receiver\", \"CN=Old Intermediate\"",
            ]),
        )
        .await,
        presents(
            "not valid yet",
            HOST,
            root.issue(&[HOST], p256, future),
            refused(&["not valid before 3001-02-03", sent]),
        )
        .await,
        presents(
            "for another name",
            HOST,
            issue(&["a.example", "b.example"]),
            refused(&["is for a.example, b.example, not for hooks.example.com", sent]),
        )
        .await,
        presents(
            "for another address",
            "127.0.0.1",
            issue(&["127.0.0.9"]),
            refused(&["is for 127.0.0.9, not for 127.0.0.1"]),
        )
        .await,
        presents(
            "a wildcard for another level",
            HOST,
            issue(&["*.hooks.example.com", "*.com"]),
            refused(&["*.com, not for hooks.example.com"]),
        )
        .await,
        presents(
            "a name where an address is wanted",
            "127.0.0.1",
            issue(&[HOST]),
            refused(&["is for hooks.example.com, not for 127.0.0.1"]),
        )
        .await,
        presents("a common name only", HOST, issue(&[]), refused(&["common name", "RFC 9525"])).await,
        presents(
            "an intermediate is missing",
            HOST,
            leaf().with(&[&third]),
            refused(&[
                "unknown issuer, \"CN=Second Intermediate\"",
                "\"CN=The receiver\", \"CN=Third Intermediate\"",
            ]),
        )
        .await,
        presents(
            "an unknown root",
            HOST,
            stranger.issue(&[HOST], p256, |_| ()),
            refused(&["unknown issuer, \"CN=Unknown Root\"", "SSL_CERT_FILE"]),
        )
        .await,
        presents(
            "a chain to an unknown root",
            HOST,
            nobody.issue(&[HOST], p256, |_| ()).with(&[&nobody, &stranger]),
            refused(&["unknown issuer, \"CN=Unknown Root\""]),
        )
        .await,
        presents(
            "self-signed",
            HOST,
            self_signed(&[HOST], IsCa::NoCa),
            refused(&["self-signed", "SSL_CERT_FILE"]),
        )
        .await,
        presents(
            "an authority as a server",
            HOST,
            self_signed(&[HOST], IsCa::Ca(BasicConstraints::Unconstrained)),
            refused(&["certificate authority (CA:TRUE)", "CA:FALSE", "SSL_CERT_FILE"]),
        )
        .await,
        presents(
            "for clients only",
            HOST,
            root.issue(&[HOST], p256, client),
            refused(&["not meant for a TLS server"]),
        )
        .await,
        presents(
            "a false root of the right name",
            HOST,
            Authority::root("Private Root", p256).issue(&[HOST], p256, |_| ()),
            refused(&["bad signature"]),
        )
        .await,
    ];
    table.rows.extend(rows);
}

/// Names in certificates that resemble the host and do not stand for it (RFC 9525 §6.3 and §6.4).
pub(super) async fn refused_for_their_names(table: &mut Table) {
    let dns = |name: &str| vec![SanType::DnsName(name.try_into().unwrap())];
    for (name, host, names, words) in [
        (
            "an address as a DNS name",
            "127.0.0.1",
            dns("127.0.0.1"),
            &["only as a DNS name", "RFC 9525", "as an IP address"][..],
        ),
        (
            "a wildcard where an address is wanted",
            "127.0.0.1",
            dns("*.0.0.1"),
            &["is for *.0.0.1, not for 127.0.0.1"],
        ),
        (
            "an address where a name is wanted",
            HOST,
            vec![SanType::IpAddress("127.0.0.1".parse().unwrap())],
            &["is for 127.0.0.1, not for hooks.example.com"],
        ),
        (
            "an email address alone",
            HOST,
            vec![SanType::Rfc822Name("hooks@example.com".try_into().unwrap())],
            &["neither a DNS name nor an IP address"],
        ),
        (
            "a URI alone",
            HOST,
            vec![SanType::URI("https://hooks.example.com/".try_into().unwrap())],
            &["neither a DNS name nor an IP address"],
        ),
        (
            "a wildcard of two levels",
            HOST,
            dns("*.com"),
            &["is for *.com, not for hooks.example.com", "top-level domain"],
        ),
        (
            "a wildcard of its own name",
            HOST,
            dns("*.hooks.example.com"),
            &["exactly one label"],
        ),
        ("a wildcard in a label", HOST, dns("h*.example.com"), &["whole first label"]),
        ("a wildcard in a later label", HOST, dns("hooks.*.com"), &["whole first label"]),
        ("a name with a dot", HOST, dns("hooks.example.com."), &["no dot at its end"]),
        (
            "a longer name",
            HOST,
            dns("hooks.example.com.evil.example"),
            &["not for hooks.example.com; have the receiver get one"],
        ),
    ] {
        let identity = table
            .root
            .issue(&[], &PKCS_ECDSA_P256_SHA256, |parameters| parameters.subject_alt_names = names);
        table.rows.push(presents(name, host, identity, refused(words)).await);
    }
    let only_common_name = table.issue(&[]);
    let expected = refused(&[
        "no subject alternative name",
        "common name",
        "127.0.0.1 as a subject alternative name",
    ]);
    table
        .rows
        .push(presents("a common name for an address", "127.0.0.1", only_common_name, expected).await);
}

/// Authorities that may not issue the certificate, and lists of certificates that are empty or in disorder.
pub(super) async fn refused_for_their_authorities(table: &mut Table) {
    let p256 = &PKCS_ECDSA_P256_SHA256;
    let root = &table.root;
    let constrained = root.intermediate("Constrained", p256, |parameters| {
        parameters.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("a.example".to_owned())],
            excluded_subtrees: Vec::new(),
        });
    });
    let excluded = root.intermediate("Excluded", p256, |parameters| {
        parameters.name_constraints = Some(NameConstraints {
            permitted_subtrees: Vec::new(),
            excluded_subtrees: vec![GeneralSubtree::DnsName("example.com".to_owned())],
        });
    });
    let last = root.intermediate("Last", p256, |parameters| {
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let below = last.intermediate("Below", p256, |_| ());
    let server = root.intermediate("A Server", p256, |parameters| parameters.is_ca = IsCa::ExplicitNoCa);
    let never = |parameters: &mut CertificateParams| {
        (parameters.not_before, parameters.not_after) = (date_time_ymd(2030, 1, 1), date_time_ymd(2020, 1, 1));
    };
    let leaf = |authority: &Authority| authority.issue(&[HOST], p256, |_| ());
    for (name, identity, words) in [
        (
            "a name that its authority may not certify",
            leaf(&constrained).with(&[&constrained]),
            &["name constraints"][..],
        ),
        (
            "a name that its authority excludes",
            leaf(&excluded).with(&[&excluded]),
            &["name constraints"],
        ),
        ("an authority too deep", leaf(&below).with(&[&below, &last]), &["path length"]),
        ("a server as an authority", leaf(&server).with(&[&server]), &["not an authority"]),
        (
            "never valid",
            root.issue(&[HOST], p256, never),
            &["\"CN=The receiver\" is never valid"],
        ),
    ] {
        table.rows.push(presents(name, HOST, identity, refused(words)).await);
    }
    // rustls refuses to serve these with its usual settings.
    let (intermediate, own) = (root.intermediate("Intermediate", p256, |_| ()), table.issue(&[HOST]));
    let own = intermediate.issue(&[HOST], p256, |_| ()).chain.into_iter().chain(own.chain);
    let disorder = std::iter::once(intermediate.certificate.clone()).chain(own).collect();
    for (name, chain, words) in [
        (
            "its own certificate comes later",
            disorder,
            &["wrong order", "\"CN=The receiver\", has to be the first"][..],
        ),
        ("no certificate", Vec::new(), &["sent no certificate"]),
    ] {
        let identity = table.issue(&[HOST]);
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&identity.key).unwrap();
        let mut config = identity.config(&[&TLS12, &TLS13]);
        config.cert_resolver = Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key)));
        table.rows.push(row(name, HOST, config, RESPONSE, true, refused(words)).await);
    }
}

/// What `openssl req -x509` makes: self-signed, with CA:TRUE. Trusted, it may be the server's own.
pub(super) async fn trusted_authorities_as_servers(table: &mut Table) {
    let is_ca = || IsCa::Ca(BasicConstraints::Unconstrained);
    for (name, names, change, expected) in [
        (
            "a trusted authority as a server",
            HOST,
            (|_| ()) as fn(&mut rcgen::CertificateParams),
            ok(),
        ),
        (
            "the same for another name",
            "a.example",
            |_| (),
            refused(&["is for a.example, not for hooks.example.com"]),
        ),
        ("the same, expired", HOST, ancient, refused(&["expired on 2001-02-03"])),
        ("the same, not valid yet", HOST, future, refused(&["not valid before 3001-02-03"])),
    ] {
        let identity = self_signed_as(name, &[names], is_ca(), change);
        table.trusted.push(identity.chain[0].clone());
        table.rows.push(presents(name, HOST, identity, expected).await);
    }
}
