//! Decodes escapes: JSON, JavaScript, percent-encoding, forms and HTML, also nested in each other.

/// Maximum number of decoding rounds. A percent-encoded JSON string in an HTML page takes three.
const ROUNDS: usize = 5;

/// A decoded text that maps each byte to its position in the original.
#[derive(Clone)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// For each byte, where its escape begins and ends in the original.
    pub(super) spans: Vec<(u32, u32)>,
}

/// Length of the longest escape of one character.
const ESCAPE: usize = 12;

/// The text, the text without the zero bytes of UTF-16 if it has any, and the text after each round of decoding. Returns at most
/// [`ROUNDS`] + 2 texts.
pub(super) fn levels(text: Decoded) -> Vec<Decoded> {
    let narrow = text.without_zeros();
    let mut next = narrow.as_ref().unwrap_or(&text).decoded();
    let mut levels = vec![text];
    levels.extend(narrow);
    while let Some(level) = next {
        next = (levels.len() <= ROUNDS).then(|| level.decoded()).flatten();
        levels.push(level);
    }
    levels
}

/// The forms of a text in which values are searched: the text in lower case, then each of its levels in normalized form. Normalization is
/// left out if it changes nothing.
pub(super) fn readings(levels: &[Decoded]) -> Vec<Decoded> {
    let Some(text) = levels.first() else { return Vec::new() };
    let mut readings = vec![text.lower()];
    if levels.len() > 1 || text.bytes.iter().any(|byte| is_normalized(*byte)) {
        readings.extend(levels.iter().map(Decoded::plain));
    }
    readings
}

/// A value in the form of the last reading: fully decoded and normalized.
pub(super) fn plain(value: &[u8]) -> Vec<u8> {
    let last = levels(Decoded::raw(value)).pop();
    last.map(|level| level.plain().bytes).unwrap_or_default()
}

/// Whether normalization changes or leaves out this byte.
const fn is_normalized(byte: u8) -> bool {
    matches!(byte, b'\\' | b'+' | b'\r' | b'\n')
}

impl Decoded {
    pub(super) fn raw(text: &[u8]) -> Self {
        let ends = (0_u32..).zip(1_u32..);
        Self {
            bytes: text.to_vec(),
            spans: ends.take(text.len()).collect(),
        }
    }

    fn lower(&self) -> Self {
        Self {
            bytes: self.bytes.to_ascii_lowercase(),
            spans: self.spans.clone(),
        }
    }

    /// The characters of ASCII in a text in UTF-16 have a zero byte each.
    fn without_zeros(&self) -> Option<Self> {
        memchr::memchr(0, &self.bytes)?;
        let kept = self.bytes.iter().zip(&self.spans).filter(|(byte, _)| **byte != 0);
        let (bytes, spans) = kept.map(|(byte, span)| (*byte, *span)).unzip();
        Some(Self { bytes, spans })
    }

    /// Normalizes the text: ASCII letters are in lower case, backslashes and line breaks are left out, and `+` becomes a space. Line breaks
    /// that come from an escape are kept.
    fn plain(&self) -> Self {
        let kept = self.bytes.iter().zip(&self.spans).filter(|(byte, span)| match byte {
            b'\\' => false,
            b'\r' | b'\n' => span.1 - span.0 > 1,
            _ => true,
        });
        let normal = |byte: u8| if byte == b'+' { b' ' } else { byte.to_ascii_lowercase() };
        let (bytes, spans) = kept.map(|(byte, span)| (normal(*byte), *span)).unzip();
        Self { bytes, spans }
    }

    /// The positions in the original of escapes that may be incomplete at the end of the text.
    pub(super) fn cut_escapes(&self) -> impl Iterator<Item = usize> {
        let last = self.bytes.len().saturating_sub(ESCAPE);
        let before_last = last.checked_sub(1).and_then(|at| self.bytes.get(at)).copied();
        let bytes = self.bytes.iter().zip(&self.spans).skip(last);
        bytes
            .scan(before_last, |before, (byte, span)| {
                let begins = matches!(byte, b'%' | b'&') || (*byte == b'\\' && *before != Some(b'\\'));
                *before = Some(*byte);
                Some(begins.then_some(span.0 as usize))
            })
            .flatten()
    }

    /// One round of decoding. Returns None if there is no escape.
    fn decoded(&self) -> Option<Self> {
        memchr::memchr3(b'\\', b'%', b'&', &self.bytes)?;
        let (mut bytes, mut spans) = (Vec::with_capacity(self.bytes.len()), Vec::with_capacity(self.bytes.len()));
        let (mut at, mut is_changed) = (0, false);
        while let (Some(byte), Some(span)) = (self.bytes.get(at), self.spans.get(at)) {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let escape = match byte {
                b'\\' => backslash(rest),
                b'%' => percent(rest),
                b'&' => reference(rest),
                _ => None,
            };
            if let Some((unit, length)) = escape {
                let end = self.spans.get(at + length - 1).map_or(span.1, |last| last.1);
                let mut buffer = [0; 4];
                let spelled: &[u8] = match unit {
                    Unit::Byte(byte) => {
                        buffer[0] = byte;
                        &buffer[..1]
                    }
                    Unit::Char(character) => character.encode_utf8(&mut buffer).as_bytes(),
                };
                bytes.extend_from_slice(spelled);
                spans.extend(spelled.iter().map(|_| (span.0, end)));
                (at, is_changed) = (at + length, true);
            } else {
                // A run of backslashes is examined only once, so that long runs do not take quadratic time.
                let run = rest.iter().take_while(|byte| **byte == b'\\').count().max(1);
                bytes.extend(rest.iter().take(run));
                spans.extend(self.spans.iter().skip(at).take(run));
                at += run;
            }
        }
        is_changed.then_some(Self { bytes, spans })
    }
}

/// The decoded value of an escape.
enum Unit {
    Byte(u8),
    Char(char),
}

/// Decodes `\u002f`, `\u{2f}`, `\x2f`, `\n` and the like. There may be any number of backslashes, because each level of quoting doubles
/// them.
fn backslash(text: &[u8]) -> Option<(Unit, usize)> {
    let run = text.iter().take_while(|byte| **byte == b'\\').count();
    let rest = text.get(run..)?;
    let control = |byte| Some((Unit::Byte(byte), run + 1));
    match rest.first()?.to_ascii_lowercase() {
        // Three octal digits, as C and shells write a byte.
        b'0'..=b'3'
            if rest
                .get(1..3)
                .is_some_and(|digits| digits.iter().all(|digit| (b'0'..=b'7').contains(digit))) =>
        {
            let digits = std::str::from_utf8(rest.get(..3)?).ok()?;
            Some((Unit::Byte(u8::from_str_radix(digits, 8).ok()?), run + 3))
        }
        b'n' => control(b'\n'),
        b'r' => control(b'\r'),
        b't' => control(b'\t'),
        b'b' | b'f' | b'v' | b'0' => control(0),
        b'x' => Some((Unit::Char(char::from(u8::try_from(hex(rest.get(1..3)?)?).ok()?)), run + 3)),
        b'u' if rest.get(1) == Some(&b'{') => {
            let length = rest.iter().take(9).position(|byte| *byte == b'}')?;
            Some((Unit::Char(char::from_u32(hex(rest.get(2..length)?)?)?), run + length + 1))
        }
        b'u' => {
            let first = hex(rest.get(1..5)?)?;
            if let Some(character) = char::from_u32(first) {
                return Some((Unit::Char(character), run + 5));
            }
            // The first half of a surrogate pair (RFC 8259, section 7); the second half must follow.
            let after = rest.get(5..)?;
            let again = after.iter().take_while(|byte| **byte == b'\\').count();
            let second = hex(after
                .get(again + 1..again + 5)
                .filter(|_| again > 0 && after.get(again).is_some_and(|letter| letter.eq_ignore_ascii_case(&b'u')))?)?;
            let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
            let character = char::decode_utf16(units).next()?.ok()?;
            Some((Unit::Char(character), run + 5 + again + 5))
        }
        // `\/`, `\"` and the like.
        byte if byte.is_ascii_punctuation() => Some((Unit::Byte(byte), run + 1)),
        _ => None,
    }
}

/// Decodes `%2f`, and `%u002f` of JavaScript's `escape`.
fn percent(text: &[u8]) -> Option<(Unit, usize)> {
    if text.get(1).is_some_and(|letter| letter.eq_ignore_ascii_case(&b'u')) {
        return Some((Unit::Char(char::from_u32(hex(text.get(2..6)?)?)?), 6));
    }
    Some((Unit::Byte(u8::try_from(hex(text.get(1..3)?)?).ok()?), 3))
}

/// Decodes a character reference of HTML: `&#47;`, `&#x2f;`, `&sol;`.
fn reference(text: &[u8]) -> Option<(Unit, usize)> {
    // The names of ASCII punctuation, in lower case. Other characters of a header's value are escaped by number only.
    const NAMES: [(&str, char); 40] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("sol", '/'),
        ("bsol", '\\'),
        ("plus", '+'),
        ("equals", '='),
        ("colon", ':'),
        ("semi", ';'),
        ("comma", ','),
        ("period", '.'),
        ("excl", '!'),
        ("quest", '?'),
        ("num", '#'),
        ("dollar", '$'),
        ("percnt", '%'),
        ("ast", '*'),
        ("midast", '*'),
        ("lpar", '('),
        ("rpar", ')'),
        ("lsqb", '['),
        ("lbrack", '['),
        ("rsqb", ']'),
        ("rbrack", ']'),
        ("lcub", '{'),
        ("lbrace", '{'),
        ("rcub", '}'),
        ("rbrace", '}'),
        ("vert", '|'),
        ("verbar", '|'),
        ("vertline", '|'),
        ("hat", '^'),
        ("lowbar", '_'),
        ("grave", '`'),
        ("commat", '@'),
        ("tab", '\t'),
        ("newline", '\n'),
    ];
    let length = text.iter().take(12).position(|byte| *byte == b';')?;
    let name = text.get(1..length)?;
    let character = match name.strip_prefix(b"#") {
        Some(number) => char::from_u32(match number.strip_prefix(b"x").or_else(|| number.strip_prefix(b"X")) {
            Some(digits) => hex(digits)?,
            None => std::str::from_utf8(number).ok()?.parse().ok()?,
        })?,
        None => NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))?.1,
    };
    Some((Unit::Char(character), length + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_every_kind_are_undone() {
        for (spelled, meant) in [
            (r"a\/b", "a/b"),
            (r#"a\"b"#, "a\"b"),
            (r"a\u002Fb", "a/b"),
            (r"a\\u002fb", "a/b"),
            (r"a\x2fb", "a/b"),
            (r"a\u{2F}b", "a/b"),
            (r"a\ud83d\ude00b", "a😀b"),
            (r"a\tb", "a\tb"),
            ("a%2Fb", "a/b"),
            ("a%2fb", "a/b"),
            ("a%252Fb", "a/b"),
            ("a%u002Fb", "a/b"),
            ("a%C3%A9", "aé"),
            ("a+b", "a b"),
            ("a%20b", "a b"),
            ("a%2Bb", "a b"),
            ("a&amp;b", "a&b"),
            ("a&#38;b", "a&b"),
            ("a&#x26;b", "a&b"),
            ("a&amp;quot;b", "a\"b"),
            ("a&#39;b&apos;", "a'b'"),
            ("a&sol;b", "a/b"),
            ("A", "a"),
            (r"\U002F%2F&AMP;&SOL;&#X2f;", "//&//"),
            (r"\057\134x\0", "/x\0"),
            ("p\0i\0n\0", "pin"),
        ] {
            assert_eq!(plain(spelled.as_bytes()), meant.as_bytes(), "{spelled}");
        }
    }

    #[test]
    fn text_without_escapes_is_unchanged() {
        for text in [
            "100%",
            "%zz",
            "a & b",
            "&unknown;",
            "&#xffffffff;",
            "&;",
            "%",
            "&",
            "&#;",
            "{}",
            "%u12",
            "&#99999999999;",
        ] {
            assert_eq!(plain(text.as_bytes()), text.as_bytes(), "{text}");
        }
        for text in [r"\u12", r"\ud83d", r"\u{110000}", r"\u{}", r"\xg0", r"\"] {
            assert_eq!(plain(text.as_bytes()), text.replace('\\', "").as_bytes(), "{text}");
        }
    }

    #[test]
    fn each_byte_knows_where_it_comes_from() {
        let last = levels(Decoded::raw(br"x%5C\u002Fy")).pop().unwrap().plain();
        assert_eq!((last.bytes.as_slice(), last.spans), (&b"x/y"[..], vec![(0, 1), (1, 10), (10, 11)]));
    }
}
