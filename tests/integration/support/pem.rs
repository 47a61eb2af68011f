//! PEM files.

use base64::{Engine, engine::general_purpose::STANDARD};

/// DER as PEM under this label, such as `CERTIFICATE`.
pub(crate) fn pem(what: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", lines.join("\n"))
}
