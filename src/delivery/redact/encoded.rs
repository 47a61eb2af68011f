//! Finds and decodes what is encoded as a whole within a text: base64, hexadecimal digits, lists of decimal numbers, and gzip.

use std::collections::HashSet;

use crate::delivery::{inflate::inflate, redact::decode::Decoded};

/// Shorter encoded texts are not decoded: values shorter than 8 bytes are hidden as whole words only.
const BYTES_MIN: usize = 8;
/// The decoded texts together are at most this many times as long as the original.
const WORK: usize = 16;
/// Shorter originals are treated as if they had this length.
const WORK_MIN: usize = 4 * 1024;
/// Maximum length of decompressed data.
const INFLATED_MAX: usize = 64 * 1024;

/// Decodes the encoded parts of texts. The total work is bounded, and a part that occurs in several levels of decoding is decoded once.
pub(super) struct Decoder {
    seen: HashSet<u64>,
    /// How many more bytes may be decoded.
    left: usize,
}

/// An encoding of bytes.
struct Encoding {
    /// The number of symbols of the shortest text that is decoded.
    shortest: usize,
    part: fn(&[u8]) -> (Part, usize),
    /// Decodes at each offset at which the encoded text may begin, because characters of the encoding may precede it.
    decode: fn(&[Symbol]) -> Vec<Decoded>,
}

const ENCODINGS: [Encoding; 3] = [
    Encoding {
        shortest: BYTES_MIN * 4 / 3,
        part: base64,
        decode: |run| (0..4).filter_map(|offset| run.get(offset..)).map(decode_base64).collect(),
    },
    Encoding {
        shortest: BYTES_MIN * 2,
        part: hexadecimal,
        decode: |run| (0..2).filter_map(|offset| run.get(offset..)).map(decode_hexadecimal).collect(),
    },
    Encoding {
        shortest: BYTES_MIN,
        part: decimal,
        // Where a truncated text ends, the last number may lack digits.
        decode: |run| {
            [Some(run), run.get(..run.len() - 1)]
                .into_iter()
                .flatten()
                .map(decode_decimal)
                .collect()
        },
    },
];

/// A digit of an encoding.
struct Symbol {
    value: u8,
    /// Its position in the original.
    span: (u32, u32),
}

/// The meaning of the next bytes of a text for an encoding.
enum Part {
    Symbol(u8),
    /// A separator.
    Skip,
    Other,
}

impl Decoder {
    pub(super) fn new(length: usize) -> Self {
        Self {
            seen: HashSet::new(),
            left: WORK * length.max(WORK_MIN),
        }
    }

    /// The decoded parts of a text, also decompressed if they are gzip or zlib data.
    pub(super) fn decode(&mut self, text: &Decoded) -> Vec<Decoded> {
        let mut found = Vec::new();
        for (kind, encoding) in (0..).zip(&ENCODINGS) {
            for run in runs(text, encoding) {
                if self.left == 0 {
                    return found;
                }
                if !self.seen.insert(hash(kind, &run)) {
                    continue;
                }
                for decoded in (encoding.decode)(&run) {
                    self.left = self.left.saturating_sub(decoded.bytes.len());
                    let inflated = self.inflated(&decoded);
                    found.push(decoded);
                    found.extend(inflated);
                }
            }
        }
        found
    }

    /// The text, decompressed. A value in it cannot be hidden alone, so each byte has the position of the whole text.
    pub(super) fn inflated(&mut self, text: &Decoded) -> Option<Decoded> {
        let whole = (text.spans.first()?.0, text.spans.last()?.1);
        let bytes = inflate(&text.bytes, INFLATED_MAX.min(self.left))?;
        self.left = self.left.saturating_sub(bytes.len());
        Some(Decoded {
            spans: vec![whole; bytes.len()],
            bytes,
        })
    }
}

/// FNV-1a. A receiver that causes collisions reveals only what it was sent itself.
fn hash(kind: u64, run: &[Symbol]) -> u64 {
    let numbers = run.iter().flat_map(|symbol| [symbol.value.into(), symbol.span.0.into()]);
    std::iter::once(kind)
        .chain(numbers)
        .fold(0xcbf2_9ce4_8422_2325, |hash, number: u64| {
            (hash ^ number).wrapping_mul(0x0100_0000_01b3)
        })
}

/// The longest sequences of symbols that are not interrupted by other bytes than separators, if they are long enough.
fn runs(text: &Decoded, encoding: &Encoding) -> Vec<Vec<Symbol>> {
    let (mut runs, mut run, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(rest) = text.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (part, length) = (encoding.part)(rest);
        match part {
            Part::Symbol(value) => {
                if let (Some(first), Some(last)) = (text.spans.get(at), text.spans.get(at + length - 1)) {
                    let span = (first.0, last.1);
                    run.push(Symbol { value, span });
                }
            }
            Part::Skip => {}
            Part::Other if run.len() >= encoding.shortest => runs.push(std::mem::take(&mut run)),
            Part::Other => run.clear(),
        }
        at += length;
    }
    if run.len() >= encoding.shortest {
        runs.push(run);
    }
    runs
}

/// Base64, also in the URL-safe alphabet (RFC 4648 §5) and with line breaks (RFC 2045 §6.8). Zero bytes are those of UTF-16.
fn base64(rest: &[u8]) -> (Part, usize) {
    let part = match rest.first() {
        Some(letter @ b'A'..=b'Z') => Part::Symbol(letter - b'A'),
        Some(letter @ b'a'..=b'z') => Part::Symbol(letter - b'a' + 26),
        Some(digit @ b'0'..=b'9') => Part::Symbol(digit - b'0' + 52),
        Some(b'+' | b'-') => Part::Symbol(62),
        Some(b'/' | b'_') => Part::Symbol(63),
        Some(b'\r' | b'\n' | 0) => Part::Skip,
        _ => Part::Other,
    };
    (part, 1)
}

/// Hexadecimal digits, also with separators (`de:ad`, `de ad`, `de-ad`, `0xde, 0xad`). `+` is a space of a form.
fn hexadecimal(rest: &[u8]) -> (Part, usize) {
    match rest {
        [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => (Part::Skip, 2),
        [digit, ..] if digit.is_ascii_hexdigit() => {
            let value = char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
            (value.map_or(Part::Other, Part::Symbol), 1)
        }
        [
            b' ' | b'+' | b'\t' | b'\r' | b'\n' | 0 | b':' | b',' | b';' | b'.' | b'-' | b'_' | b'|' | b'/' | b'"' | b'\'',
            ..,
        ] => (Part::Skip, 1),
        _ => (Part::Other, 1),
    }
}

/// Decimal numbers of bytes, as JSON lists them (`[222, 173]`).
fn decimal(rest: &[u8]) -> (Part, usize) {
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        let is_separator = matches!(rest.first(), Some(b' ' | b'+' | b'\t' | b'\r' | b'\n' | 0 | b','));
        return (if is_separator { Part::Skip } else { Part::Other }, 1);
    }
    let number = rest.get(..length).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    (number.map_or(Part::Other, Part::Symbol), length)
}

fn decode_base64(run: &[Symbol]) -> Decoded {
    collect(run.chunks(4).flat_map(decode_group))
}

/// The bytes of up to four digits of base64.
fn decode_group(group: &[Symbol]) -> impl Iterator<Item = (u8, (u32, u32))> {
    let pairs = group.windows(2).zip([2_u8, 4, 6]);
    pairs.filter_map(|(pair, bits)| match pair {
        [left, right] => Some(((left.value << bits) | (right.value >> (6 - bits)), (left.span.0, right.span.1))),
        _ => None,
    })
}

fn decode_hexadecimal(run: &[Symbol]) -> Decoded {
    let pair = |pair: &[Symbol]| match pair {
        [high, low] => Some(((high.value << 4) | low.value, (high.span.0, low.span.1))),
        _ => None,
    };
    collect(run.chunks_exact(2).filter_map(pair))
}

fn decode_decimal(run: &[Symbol]) -> Decoded {
    collect(run.iter().map(|symbol| (symbol.value, symbol.span)))
}

fn collect(bytes: impl Iterator<Item = (u8, (u32, u32))>) -> Decoded {
    let (bytes, spans) = bytes.unzip();
    Decoded { bytes, spans }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &[u8]) -> Vec<Vec<u8>> {
        let found = Decoder::new(text.len()).decode(&Decoded::raw(text));
        found.into_iter().map(|decoded| decoded.bytes).collect()
    }

    #[test]
    fn each_encoding_is_decoded() {
        for text in [
            "xx YWJjZGVmZ2hpag== xx",
            "YWJjZGVmZ2hpag",
            "YWJjZGVm\r\nZ2hpag==",
            "6162636465666768696a",
            "<61:62:63:64:65:66:67:68:69:6A>",
            "61 62 63 64 65 66 67 68 69 6a",
            "61-62-63-64-65-66-67-68-69-6a",
            "6162 6364 6566 6768 696a",
            "0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A",
            "[97,98,99, 100,101,102,\n  103,104,105,106]",
        ] {
            let found = decoded(text.as_bytes());
            assert!(found.iter().any(|found| found.as_slice() == b"abcdefghij"), "{text}: {found:?}");
        }
        let offset = decoded(b"aYWJjZGVmZ2hpag");
        assert!(offset.iter().any(|found| found.as_slice() == b"abcdefghij"), "{offset:?}");
    }

    #[test]
    fn short_and_ordinary_texts_are_not_decoded() {
        for text in [
            "",
            "word",
            "1, 2, 3",
            "two words, and more of them.",
            "12:30:59",
            "=====",
            "1000000 2000000",
        ] {
            assert!(decoded(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
