//! Decoding of request bodies.

use crate::services::events::IngestError;

/// Decodes UTF-8. A byte order mark at the beginning is ignored (RFC 8259, section 8.1).
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, IngestError> {
    let is_utf16 = matches!(bytes, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, _, ..] | [_, 0, ..]);
    if is_utf16 {
        return Err(IngestError::malformed(
            "",
            "The JSON is encoded as UTF-16 or UTF-32. Send it as UTF-8.",
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        IngestError::malformed(
            "",
            format!("The JSON is not UTF-8: byte {} is wrong. Send it as UTF-8.", error.valid_up_to()),
        )
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
