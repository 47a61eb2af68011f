//! Decompresses gzip and zlib data of receivers, with a limit of the size.

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// Decompresses gzip (RFC 1952) or zlib (RFC 1950) data as far as it is valid, and up to `limit` bytes. Returns `None` if nothing can be
/// decompressed.
pub(super) fn inflate(data: &[u8], limit: usize) -> Option<Vec<u8>> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    // An error ends the data early.
    let _ = match data {
        [0x1f, 0x8b, 8, ..] => MultiGzDecoder::new(data).take(limit).read_to_end(&mut bytes),
        // The first two bytes of zlib data are a multiple of 31, and the method is 8 (RFC 1950 §2.2).
        [method, flags, ..] if method & 0x8f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0 => {
            ZlibDecoder::new(data).take(limit).read_to_end(&mut bytes)
        }
        _ => return None,
    };
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{GzEncoder, ZlibEncoder},
    };

    use super::*;

    #[test]
    fn data_is_decompressed_up_to_the_limit() {
        let text = b"0123456789".repeat(1_000);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&text).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&text).unwrap();
        for data in [&gzip, &zlib.finish().unwrap()] {
            assert_eq!(inflate(data, 100_000).as_ref(), Some(&text));
            assert_eq!(inflate(data, 10).as_deref(), Some(&b"0123456789"[..]));
            let cut = inflate(&data[..data.len() - 9], 100_000).unwrap();
            assert!(text.starts_with(&cut));
        }
        for data in [&b""[..], b"plain text", &[0x1f, 0x8b], &[0x1f, 0x8b, 8, 0, 0], &gzip[..10]] {
            assert!(inflate(data, 100_000).is_none(), "{data:?}");
        }
    }
}
