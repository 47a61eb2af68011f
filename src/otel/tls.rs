//! The certificates for connections to the collector: `OTEL_EXPORTER_OTLP_CERTIFICATE`, `…_CLIENT_CERTIFICATE` and `…_CLIENT_KEY`, also those of
//! one signal (OpenTelemetry specification, "OTLP exporter configuration").

use std::{fmt::Display, fs};

use reqwest::{Certificate, ClientBuilder, Identity};
use zeroize::Zeroizing;

use crate::otel::error::OtelError;

/// A file that a variable names.
#[derive(Clone, Debug)]
pub(super) struct NamedFile {
    pub(super) variable: String,
    pub(super) path: String,
}

impl NamedFile {
    fn read(&self) -> Result<Zeroizing<Vec<u8>>, OtelError> {
        let content = fs::read(&self.path).map_err(|error| self.error(format!("cannot be read ({error})")))?;
        Ok(Zeroizing::new(content))
    }

    fn error(&self, detail: impl Display) -> OtelError {
        OtelError::new(self.variable.clone(), format!("the file {} {detail}", self.path))
    }
}

/// The files of one signal.
#[derive(Clone, Debug, Default)]
pub(super) struct TlsFiles {
    /// The authorities that the collector's certificate is verified with, in place of those of the system.
    pub(super) authorities: Option<NamedFile>,
    /// The certificate that clearhook presents, and its key.
    pub(super) client: Option<(NamedFile, NamedFile)>,
}

impl TlsFiles {
    /// Reads the files into the settings of a client.
    pub(super) fn apply(&self, mut client: ClientBuilder) -> Result<ClientBuilder, OtelError> {
        if let Some(file) = &self.authorities {
            let wrong = || file.error("has no certificates in PEM format");
            let authorities = Certificate::from_pem_bundle(&file.read()?).map_err(|_| wrong())?;
            if authorities.is_empty() {
                return Err(wrong());
            }
            client = client.tls_certs_only(authorities);
        }
        if let Some((certificate, key)) = &self.client {
            // One after the other, as the library reads them.
            let mut both = key.read()?;
            both.push(b'\n');
            both.extend_from_slice(&certificate.read()?);
            let identity = Identity::from_pem(&both).map_err(|_| {
                certificate.error(format!(
                    "has no certificate in PEM format, or {} has no private key ({})",
                    key.path, key.variable
                ))
            })?;
            client = client.identity(identity);
        }
        Ok(client)
    }
}
