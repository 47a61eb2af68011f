//! Distinguishes HTTP/2 frames that carry a message from those that only manage the connection (RFC 9113, section 6). A client that only
//! sends PINGs gets answers, but makes no progress.

/// The first bytes of an HTTP/2 client (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADER: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;

/// Detects from the first bytes of a connection whether it is HTTP/2.
#[derive(Debug, Default)]
pub(super) struct Protocol {
    matched: usize,
    is_other: bool,
}

impl Protocol {
    /// Processes bytes from the client.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        if self.is_other || self.is_http2() {
            return;
        }
        let expected = &PREFACE[self.matched..];
        let count = bytes.len().min(expected.len());
        if bytes[..count] == expected[..count] {
            self.matched += count;
        } else {
            self.is_other = true;
        }
    }

    pub(super) fn is_http2(&self) -> bool {
        self.matched == PREFACE.len()
    }
}

/// Parses frames as they are written, in chunks of any length.
#[derive(Debug, Default)]
pub(super) struct Frames {
    header: [u8; HEADER],
    filled: usize,
    /// Bytes of the current frame's payload that are not yet written.
    left: usize,
    carries_message: bool,
}

impl Frames {
    /// Whether any of these bytes belong to a message, that is to headers or non-empty data.
    pub(super) fn carry_message(&mut self, mut bytes: &[u8]) -> bool {
        let mut found = false;
        while !bytes.is_empty() {
            if self.left > 0 {
                let count = bytes.len().min(self.left);
                found |= self.carries_message;
                self.left -= count;
                bytes = &bytes[count..];
                continue;
            }
            let count = bytes.len().min(HEADER - self.filled);
            self.header[self.filled..self.filled + count].copy_from_slice(&bytes[..count]);
            self.filled += count;
            bytes = &bytes[count..];
            if self.filled == HEADER {
                let [high, middle, low, kind, ..] = self.header;
                self.left = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                self.carries_message = matches!(kind, DATA | HEADERS | CONTINUATION);
                self.filled = 0;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, 0, 0, 0, 0, 1][..], payload].concat()
    }

    #[test]
    fn preface_is_recognized_in_pieces_of_any_length() {
        for size in 1..=PREFACE.len() {
            let mut protocol = Protocol::default();
            for piece in PREFACE.chunks(size) {
                assert!(!protocol.is_http2());
                protocol.read(piece);
            }
            assert!(protocol.is_http2(), "{size}");
        }
        let mut other = Protocol::default();
        other.read(b"PRI / HTTP/1.1\r\n");
        other.read(PREFACE);
        assert!(!other.is_http2());
    }

    #[test]
    fn only_headers_and_data_carry_a_message() {
        let ping = frame(6, &[0; 8]);
        let all = [frame(4, &[0; 6]), ping.clone(), frame(8, &[0; 4]), frame(0, &[]), ping].concat();
        for size in 1..20 {
            let mut frames = Frames::default();
            assert!(all.chunks(size).all(|piece| !frames.carry_message(piece)), "{size}");
            assert!(frames.carry_message(&frame(0, b"x")), "{size}");
            assert!(frames.carry_message(&frame(1, b"x")), "{size}");
            assert!(!frames.carry_message(&frame(6, &[0; 8])), "{size}");
        }
    }
}
