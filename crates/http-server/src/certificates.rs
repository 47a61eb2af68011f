//! The TLS certificate and its key. The PEM files are reloaded when they change.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// How often the files are checked for changes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why a certificate cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{file} cannot be read: {cause}")]
    File {
        /// The path of the file.
        file: String,
        /// The cause.
        cause: String,
    },
    /// A file is not PEM, or does not contain what is expected.
    #[error("{file} holds no {what} in PEM")]
    Nothing {
        /// The path of the file.
        file: String,
        /// What was expected.
        what: &'static str,
    },
    /// The certificate or the key is unusable, or they do not belong together.
    #[error("the certificate and the key cannot be used together: {0}")]
    Unfit(String),
}

/// The certificate in use, and its files.
pub struct Certificates {
    chain: PathBuf,
    key: PathBuf,
    current: RwLock<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    certificates: Vec<CertificateDer<'static>>,
}

/// The digest of both files, or why they cannot be read.
type Look = Result<[u8; 32], CertificateError>;

impl Certificates {
    /// Loads the certificate chain (the server's certificate first) and its key.
    pub fn load(chain: PathBuf, key: PathBuf) -> Result<Self, CertificateError> {
        let (current, _) = read(&chain, &key)?;
        Ok(Self {
            chain,
            key,
            current: RwLock::new(current),
        })
    }

    /// The certificates in use, the server's own first.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).certificates.clone()
    }

    /// A TLS acceptor with the current certificate.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.read().unwrap_or_else(PoisonError::into_inner).config.clone())
    }

    /// Checks the files for changes until `stop`. New connections use the new certificate. An invalid or partly written one is not used.
    /// Existing connections are not affected.
    pub(super) async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let mut known = self.digest();
        let mut tried = known.clone();
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let seen = self.digest();
            if seen == known {
                tried = seen;
                continue;
            }
            // The two files are written one after the other, so an error is logged only if the files have not changed since the last check.
            let stands_still = seen == tried;
            tried = seen;
            match read(&self.chain, &self.key) {
                Ok((current, digest)) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
                    tracing::info!("the new certificate in {} is in use", self.chain.display());
                    known = Ok(digest);
                }
                Err(error) if stands_still => {
                    tracing::warn!(%error, "the new certificate cannot be used, so the previous one stays in use: {error}");
                    known.clone_from(&tried);
                }
                Err(_) => {}
            }
        }
    }

    fn digest(&self) -> Look {
        Ok(digest(&bytes(&self.chain)?, &bytes(&self.key)?))
    }
}

fn read(chain_file: &Path, key_file: &Path) -> Result<(Current, [u8; 32]), CertificateError> {
    let (chain_bytes, key_bytes) = (bytes(chain_file)?, bytes(key_file)?);
    let nothing = |file: &Path, what| CertificateError::Nothing {
        file: file.display().to_string(),
        what,
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&chain_bytes)
        .collect::<Result<_, _>>()
        .map_err(|_| nothing(chain_file, "certificate"))?;
    if chain.is_empty() {
        return Err(nothing(chain_file, "certificate"));
    }
    let key = PrivateKeyDer::from_pem_slice(&key_bytes).map_err(|_| nothing(key_file, "private key"))?;
    let unfit = |error: rustls::Error| CertificateError::Unfit(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_no_client_auth()
        .with_single_cert(chain.clone(), key)
        .map_err(unfit)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let current = Current {
        config: Arc::new(config),
        certificates: chain,
    };
    Ok((current, digest(&chain_bytes, &key_bytes)))
}

fn bytes(file: &Path) -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    std::fs::read(file).map(Zeroizing::new).map_err(|error| CertificateError::File {
        file: file.display().to_string(),
        cause: error.to_string(),
    })
}

fn digest(chain: &[u8], key: &[u8]) -> [u8; 32] {
    let length = u64::try_from(chain.len()).unwrap_or(u64::MAX);
    Sha256::new()
        .chain_update(length.to_be_bytes())
        .chain_update(chain)
        .chain_update(key)
        .finalize()
        .into()
}
