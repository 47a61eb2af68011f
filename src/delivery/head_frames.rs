//! Counts the HEADERS frames that a receiver sends over HTTP/2. The HTTP library keeps each informational response (1xx) of a request in
//! memory until the request ends, and does not limit their number.

use std::io;

/// Maximum number of HEADERS frames without a response in between. The responses of all requests in flight on a connection may be read before
/// the first of them is taken, so this is a multiple of the number of requests in flight.
pub(super) const HEADS_MAX: u32 = 4_096;

/// Length of the header of a frame (RFC 9113 §4.1).
const FRAME_HEADER: usize = 9;
const HEADERS: u8 = 1;

/// Finds the frames in the bytes that are received.
#[derive(Default)]
pub(super) struct FrameReader {
    /// The header of the current frame, as far as it was received.
    header: [u8; FRAME_HEADER],
    filled: usize,
    /// How many bytes of the current frame's payload are missing.
    missing: usize,
}

impl FrameReader {
    /// Takes the next bytes and returns how many HEADERS frames begin in them.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> u32 {
        let mut heads = 0;
        while !bytes.is_empty() {
            if self.missing > 0 {
                let skipped = self.missing.min(bytes.len());
                self.missing -= skipped;
                bytes = bytes.get(skipped..).unwrap_or_default();
                continue;
            }
            let taken = bytes.len().min(FRAME_HEADER - self.filled);
            let (part, rest) = bytes.split_at(taken);
            if let Some(room) = self.header.get_mut(self.filled..self.filled + taken) {
                room.copy_from_slice(part);
            }
            (self.filled, bytes) = (self.filled + taken, rest);
            if self.filled == FRAME_HEADER {
                let [high, middle, low, kind, ..] = self.header;
                self.missing = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                self.filled = 0;
                heads += u32::from(kind == HEADERS);
            }
        }
        heads
    }
}

/// The error that ends a connection with too many HEADERS frames.
pub(super) fn too_many() -> io::Error {
    let message = format!("more than {HEADS_MAX} HEADERS frames came without a response");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_however_the_bytes_are_split() {
        let frame = |kind: u8, length: u8| [&[0, 0, length, kind, 4, 0, 0, 0, 1][..], &vec![1; usize::from(length)]].concat();
        let bytes = [
            frame(4, 0),
            frame(HEADERS, 5),
            frame(0, 200),
            frame(HEADERS, 0),
            frame(6, 8),
            frame(HEADERS, 255),
        ]
        .concat();
        for size in 1..bytes.len() {
            let mut reader = FrameReader::default();
            let heads: u32 = bytes.chunks(size).map(|part| reader.read(part)).sum();
            assert_eq!((heads, reader.missing, reader.filled), (3, 0, 0), "{size}");
        }
    }
}
