//! What is recorded of the connection of an attempt: how long its parts took, and the certificates of a refused TLS handshake.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::timestamp::Timestamp;

/// How long the parts of an attempt took. A part that did not begin, or that the sender does not know, is `None`: on a connection that was
/// already open there is only [`wait`](Self::wait).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Resolving the name of the host.
    pub dns: Option<Duration>,
    /// Connecting by TCP, to all addresses that were tried.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the open connection to the head of the response, or to the failure.
    pub wait: Option<Duration>,
}

impl Phases {
    /// The parts of a request on a connection that was already open.
    pub const fn on_open_connection(wait: Duration) -> Self {
        Self {
            dns: None,
            connect: None,
            tls: None,
            wait: Some(wait),
        }
    }

    /// The time until the connection was open, or until it failed to open.
    pub fn until_open(&self) -> Duration {
        [self.dns, self.connect, self.tls].into_iter().flatten().sum()
    }

    /// Whether the request was sent on a connection that an earlier request had opened.
    pub const fn is_reused(&self) -> bool {
        self.wait.is_some() && self.connect.is_none()
    }
}

/// Why the certificate of a receiver was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateFault {
    /// It, or one in its chain, has expired.
    Expired,
    /// It, or one in its chain, is not valid yet.
    NotYetValid,
    /// It is for other names than the host of the URL.
    OtherName,
    /// It is self-signed and not trusted here.
    SelfSigned,
    /// Its issuer is not trusted here.
    UnknownIssuer,
    /// It was revoked.
    Revoked,
    /// It is that of a certificate authority, not of a server.
    Authority,
    /// The receiver sends another certificate before its own one.
    WrongOrder,
    /// A reason that a newer version stored.
    #[serde(other)]
    Unknown,
}

/// A certificate that a receiver presented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Its subject, a distinguished name.
    pub subject: String,
    /// Its issuer, a distinguished name.
    pub issuer: String,
    /// The DNS names and addresses that it is for.
    pub names: Vec<String>,
    /// The start of its validity, in milliseconds since 1970.
    pub not_before: i64,
    /// The end of its validity, in milliseconds since 1970.
    pub not_after: i64,
    /// Why the receiver was refused, for the first certificate of the chain. `None` for other reasons, and in the rows of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<CertificateFault>,
}

impl Certificate {
    /// The start and the end of its validity.
    pub const fn validity(&self) -> (Timestamp, Timestamp) {
        (Timestamp(self.not_before), Timestamp(self.not_after))
    }
}
