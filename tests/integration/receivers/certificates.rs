//! Certificate authorities and certificates for tests: made by rcgen, and by the `openssl` command where rcgen cannot.

use std::{fs, path::Path, process::Command, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SignatureAlgorithm};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};

/// A certificate authority.
pub(super) struct Authority {
    pub(super) certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate chain, leaf first, and the key of the leaf.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: self.key.clone_key(),
        }
    }
}

fn authority_parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters
}

impl Authority {
    /// A root with a key of this kind.
    pub(super) fn root(name: &str, algorithm: &'static SignatureAlgorithm) -> Self {
        let (parameters, key) = (authority_parameters(name), KeyPair::generate_for(algorithm).unwrap());
        let certificate = parameters.self_signed(&key).unwrap().der().clone();
        Self {
            certificate,
            issuer: Issuer::new(parameters, key),
        }
    }

    /// An intermediate authority below this one, changed like this.
    pub(super) fn intermediate(
        &self,
        name: &str,
        algorithm: &'static SignatureAlgorithm,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        let (mut parameters, key) = (authority_parameters(name), KeyPair::generate_for(algorithm).unwrap());
        change(&mut parameters);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap().der().clone();
        Self {
            certificate,
            issuer: Issuer::new(parameters, key),
        }
    }

    /// A certificate of a server for these names, changed like this.
    pub(super) fn issue(
        &self,
        names: &[&str],
        algorithm: &'static SignatureAlgorithm,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Identity {
        let (mut parameters, key) = (leaf_parameters(names), KeyPair::generate_for(algorithm).unwrap());
        change(&mut parameters);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap().der().clone();
        Identity {
            chain: vec![certificate],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        }
    }
}

fn leaf_parameters(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, "The receiver");
    parameters
}

/// A certificate that nobody signed but itself.
pub(super) fn self_signed(names: &[&str], is_ca: IsCa) -> Identity {
    self_signed_as("The receiver", names, is_ca, |_| ())
}

/// The same with this common name, changed like this.
pub(super) fn self_signed_as(name: &str, names: &[&str], is_ca: IsCa, change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut parameters = leaf_parameters(names);
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = is_ca;
    change(&mut parameters);
    let certificate = parameters.self_signed(&key).unwrap().der().clone();
    Identity {
        chain: vec![certificate],
        key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
    }
}

impl Identity {
    /// The same with these certificates sent along.
    pub(super) fn with(mut self, authorities: &[&Authority]) -> Self {
        self.chain.extend(authorities.iter().map(|authority| authority.certificate.clone()));
        self
    }

    /// A server with this certificate that speaks HTTP/1.1.
    pub(super) fn config(self, versions: &[&'static rustls::SupportedProtocolVersion]) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)
            .unwrap()
    }
}

/// Runs `openssl`, which every system has that clearhook's set-up ran on.
pub(super) fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("openssl is installed");
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A root and a certificate for `127.0.0.1` by OpenSSL: `key` makes the keys, `sign` chooses the signature.
pub(super) fn by_openssl(folder: &Path, name: &str, key: &[&str], sign: &[&str]) -> (CertificateDer<'static>, Identity) {
    let folder = folder.join(name.replace(' ', "-"));
    fs::create_dir(&folder).unwrap();
    let new = |who: &str, rest: &[&str]| {
        let (key_file, file, subject) = (format!("{who}.key"), format!("{who}.pem"), format!("/CN={name} {who}"));
        let request = [
            "req", "-x509", "-nodes", "-days", "2", "-keyout", &key_file, "-out", &file, "-subj", &subject,
        ];
        openssl(&folder, &[&request, key, sign, rest].concat());
    };
    new("ca", &["-addext", "keyUsage=critical,keyCertSign"]);
    let leaf = [
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ];
    new("leaf", &leaf);
    for who in ["ca", "leaf"] {
        openssl(
            &folder,
            &[
                "x509",
                "-in",
                &format!("{who}.pem"),
                "-outform",
                "DER",
                "-out",
                &format!("{who}.der"),
            ],
        );
    }
    openssl(
        &folder,
        &[
            "pkcs8",
            "-topk8",
            "-nocrypt",
            "-in",
            "leaf.key",
            "-outform",
            "DER",
            "-out",
            "leaf.key.der",
        ],
    );
    let read = |file: &str| fs::read(folder.join(file)).unwrap();
    let identity = Identity {
        chain: vec![CertificateDer::from(read("leaf.der"))],
        key: PrivateKeyDer::Pkcs8(read("leaf.key.der").into()),
    };
    (CertificateDer::from(read("ca.der")), identity)
}
