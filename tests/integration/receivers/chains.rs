//! Certificate chains that must do, and chains that must not, with the reason that the log gives.

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA512,
    date_time_ymd,
};
use rustls::version::{TLS12, TLS13};

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
            refused(&["CN=The receiver"]),
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
