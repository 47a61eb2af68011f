//! Compressed bodies (RFC 9110, section 8.4): gzip and deflate, with a limit for the decompressed size.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header::CONTENT_ENCODING};

/// The supported codings, for `Accept-Encoding`.
pub const SUPPORTED: &str = "gzip, deflate";

/// The content coding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentCoding {
    /// Not compressed.
    Identity,
    /// gzip (RFC 1952).
    Gzip,
    /// zlib (RFC 1950), which HTTP calls deflate.
    Deflate,
}

/// Why a body cannot be decompressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnpackError {
    /// The decompressed body is larger than the limit.
    TooLarge,
    /// The body is not valid in its declared coding.
    Damaged(String),
}

impl ContentCoding {
    /// Reads the content coding from the headers. The error is the message for an unsupported coding.
    pub fn of(headers: &HeaderMap) -> Result<Self, String> {
        Self::named(headers.get_all(CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or("?")))
    }

    /// The content coding of these names, each of which may be a list with commas.
    pub(super) fn named<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut codings = names
            .flat_map(|value| value.split(','))
            .map(|coding| coding.trim().to_ascii_lowercase())
            .filter(|coding| !coding.is_empty() && coding != "identity");
        let coding = match codings.next().as_deref() {
            None => Self::Identity,
            Some("gzip" | "x-gzip") => Self::Gzip,
            Some("deflate") => Self::Deflate,
            Some(other) => {
                return Err(format!(
                    "The content coding {other} is not supported. Send gzip or deflate, or leave the body as it is."
                ));
            }
        };
        match codings.next() {
            Some(_) => Err("Compress the body once.".to_owned()),
            None => Ok(coding),
        }
    }

    /// Decompresses a body.
    pub fn unpack(self, body: Bytes, limit: usize) -> Result<Bytes, UnpackError> {
        match self {
            Self::Identity => Ok(body),
            Self::Gzip => read_limited(MultiGzDecoder::new(&*body), limit),
            Self::Deflate => read_limited(ZlibDecoder::new(&*body), limit),
        }
    }
}

fn read_limited(unpacked: impl Read, limit: usize) -> Result<Bytes, UnpackError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = unpacked.take(most).read_to_end(&mut bytes);
    if bytes.len() > limit {
        return Err(UnpackError::TooLarge);
    }
    read.map_err(|error| UnpackError::Damaged(error.to_string()))?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    fn of(values: &[&'static str]) -> Result<ContentCoding, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, value.parse().unwrap());
        }
        ContentCoding::of(&headers)
    }

    #[test]
    fn codings_are_known_by_their_names() {
        for (values, coding) in [
            (vec![], ContentCoding::Identity),
            (vec!["identity"], ContentCoding::Identity),
            (vec!["GZip"], ContentCoding::Gzip),
            (vec!["x-gzip"], ContentCoding::Gzip),
            (vec!["deflate, identity"], ContentCoding::Deflate),
        ] {
            assert_eq!(of(&values), Ok(coding), "{values:?}");
        }
        for values in [vec!["br"], vec!["zstd"], vec!["gzip, gzip"], vec!["gzip", "deflate"], vec!["x"]] {
            assert!(of(&values).is_err(), "{values:?}");
        }
    }

    #[test]
    fn bodies_are_unpacked_to_the_limit() {
        let text = b"{}".repeat(50);
        assert_eq!(ContentCoding::Gzip.unpack(gzip(&text), 100).unwrap(), text);
        assert_eq!(ContentCoding::Gzip.unpack(gzip(&text), 99), Err(UnpackError::TooLarge));
        let bomb = gzip(&vec![b' '; 50_000_000]);
        assert_eq!(ContentCoding::Gzip.unpack(bomb, 1_000), Err(UnpackError::TooLarge));
        let two = [gzip(b"[1,"), gzip(b"2]")].concat();
        assert_eq!(ContentCoding::Gzip.unpack(two.into(), 100).unwrap(), "[1,2]");
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&text).unwrap();
        let zlib = Bytes::from(zlib.finish().unwrap());
        assert_eq!(ContentCoding::Deflate.unpack(zlib.clone(), 100).unwrap(), text);
        for (coding, body) in [
            (ContentCoding::Gzip, zlib),
            (ContentCoding::Gzip, Bytes::from_static(b"{}")),
            (ContentCoding::Gzip, gzip(&text).slice(..20)),
            (ContentCoding::Deflate, gzip(&text)),
        ] {
            assert!(matches!(coding.unpack(body, 100), Err(UnpackError::Damaged(_))), "{coding:?}");
        }
    }
}
