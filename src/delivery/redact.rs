//! Hides credentials in logged responses. A receiver may echo the request, verbatim, escaped (for JSON, a URL, a form, or HTML) or encoded
//! (base64, hexadecimal, gzip), also nested in each other.

mod decode;
mod encoded;

use base64::{Engine, engine::general_purpose::STANDARD};
use memchr::memmem;

use crate::{
    delivery::redact::{
        decode::{Decoded, levels, plain, readings},
        encoded::Decoder,
    },
    domain::{
        headers::{Header, is_credential},
        secret::SigningSecret,
    },
};

/// Replaces a hidden value.
pub(super) const HIDDEN: &str = "••••••";
/// Shorter values occur in texts by chance. They are hidden only as whole words, and not in encoded texts.
const LONG: usize = 8;
/// Maximum number of encodings within each other that are decoded.
const DEPTH: usize = 3;
/// At the end of a truncated text, a prefix of a value is hidden if it is at least this long.
const BEGINNING: usize = 3;
/// At the end of a truncated text, at most this many bytes belong to no reading: the beginning of a group of base64, or a line break.
const TAIL: usize = 16;

/// Values to hide in responses. Texts are not searched if there are no values, or if they are shorter than all values.
#[derive(Default)]
pub(super) struct Redactor {
    patterns: Vec<Pattern>,
    /// Length of the shortest text that can contain a value.
    shortest: usize,
}

/// One form of a value, in lower case.
struct Pattern {
    finder: memmem::Finder<'static>,
    is_short: bool,
}

impl Redactor {
    /// Hides the values of headers that are marked as secret, the credentials in them, and the signing secrets.
    pub(super) fn new<'a>(headers: &[Header], signing: impl Iterator<Item = &'a SigningSecret>) -> Self {
        let hidden = headers.iter().filter(|header| header.is_hidden());
        let mut values: Vec<Vec<u8>> = hidden
            .flat_map(|header| credentials(&header.name, &header.value))
            .flat_map(|text| spellings(&text))
            .collect();
        // A signing secret is written as a prefix and base64; the base64 part is hidden, and the bytes themselves.
        values.extend(signing.flat_map(|secret| {
            let bytes = secret.as_bytes();
            [STANDARD.encode(bytes).into_bytes(), bytes.to_vec(), misread(bytes)]
        }));
        let mut forms: Vec<_> = values
            .iter()
            .flat_map(|value| [plain(value), value.to_ascii_lowercase()].map(|form| (form, value.len() < LONG)))
            .filter(|(form, _)| !form.is_empty())
            .collect();
        forms.sort();
        forms.dedup();
        Self {
            shortest: forms.iter().map(|(form, _)| form.len()).min().unwrap_or(usize::MAX),
            patterns: forms
                .into_iter()
                .map(|(form, is_short)| Pattern {
                    finder: memmem::Finder::new(&form).into_owned(),
                    is_short,
                })
                .collect(),
        }
    }

    /// Hides the values in a body. If `is_cut`, the body is truncated and may end within a value.
    pub(super) fn body(&self, text: Vec<u8>, is_cut: bool) -> Vec<u8> {
        let spans = self.find(&text, is_cut);
        if spans.is_empty() { text } else { hide(&text, spans) }
    }

    /// Hides the values in a complete text.
    pub(super) fn text(&self, text: &[u8]) -> String {
        let spans = self.find(text, false);
        if spans.is_empty() {
            return String::from_utf8_lossy(text).into_owned();
        }
        String::from_utf8_lossy(&hide(text, spans)).into_owned()
    }

    /// The positions of values, sorted.
    fn find(&self, text: &[u8], is_cut: bool) -> Vec<(usize, usize)> {
        if self.patterns.is_empty() || (text.len() < self.shortest && !is_cut) {
            return Vec::new();
        }
        let mut spans = Vec::new();
        let mut decoder = Decoder::new(text.len());
        let mut sources = vec![Decoded::raw(text)];
        sources.extend(sources.first().and_then(|raw| decoder.inflated(raw)));
        for depth in 0..=DEPTH {
            let mut encoded = Vec::new();
            for source in sources {
                let levels = levels(source);
                let ends = if is_cut && depth == 0 { cut_escapes(&levels) } else { Vec::new() };
                for reading in readings(&levels) {
                    for pattern in self.patterns.iter().filter(|pattern| depth == 0 || !pattern.is_short) {
                        pattern.find(&reading, &mut spans);
                        if is_cut && let Some(from) = pattern.begins_at_end(&reading, &ends, text.len()) {
                            spans.push((from, text.len()));
                        }
                    }
                }
                if depth < DEPTH {
                    encoded.extend(levels.iter().flat_map(|level| decoder.decode(level)));
                }
            }
            sources = encoded;
        }
        spans.sort_unstable();
        spans
    }
}

/// The positions of escapes that may be incomplete at the end of a truncated text.
fn cut_escapes(levels: &[Decoded]) -> Vec<usize> {
    let mut ends: Vec<_> = levels.iter().flat_map(Decoded::cut_escapes).collect();
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// The credentials in a header's value. The first is the whole value.
fn credentials(name: &str, value: &str) -> Vec<String> {
    let value = value.trim();
    let (is_authorization, is_cookie) = (
        name.to_ascii_lowercase().contains("authorization"),
        name.eq_ignore_ascii_case("cookie"),
    );
    let mut found = vec![value];
    // The part after the authentication scheme (RFC 9110, section 11.4). Some receivers echo only this part.
    let mut decoded = None;
    if let Some((scheme, rest)) = value.split_once(' ') {
        let rest = rest.trim_start();
        if is_authorization || rest.len() >= LONG {
            found.push(rest);
        }
        if scheme.eq_ignore_ascii_case("basic") {
            decoded = STANDARD.decode(rest).ok().and_then(|pair| String::from_utf8(pair).ok());
        }
    }
    found.extend(value.rsplit_once(' ').map(|(_, last)| last).filter(|last| last.len() >= LONG));
    // User and password of Basic authentication, and the password alone.
    if let Some(pair) = &decoded {
        found.push(pair);
        found.extend(pair.split_once(':').map(|(_, password)| password));
    }
    // Parameters of an authentication scheme, and cookies.
    let parameters = value.split([',', ';', ' ']).filter_map(|part| part.trim().split_once('='));
    for (key, parameter) in parameters {
        let parameter = parameter.trim_matches('"');
        if parameter.len() >= LONG && (is_cookie || is_credential(key) || matches!(key, "response" | "Credential")) {
            found.push(parameter);
        }
    }
    found.retain(|text| !text.is_empty());
    found.into_iter().map(str::to_owned).collect()
}

/// Bytes that are taken for characters of Latin-1, in UTF-8. Escapes such as `\xe9` are decoded in this way.
fn misread(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()
}

/// A value, the value misread as Latin-1, and the value encoded in Latin-1, which was once the encoding of HTTP headers.
fn spellings(value: &str) -> Vec<Vec<u8>> {
    let mut spellings = vec![value.as_bytes().to_vec()];
    if !value.is_ascii() {
        spellings.push(misread(value.as_bytes()));
        spellings.extend(
            value
                .chars()
                .map(|character| u8::try_from(character).ok())
                .collect::<Option<Vec<u8>>>(),
        );
    }
    spellings
}

impl Pattern {
    fn find(&self, reading: &Decoded, spans: &mut Vec<(usize, usize)>) {
        for at in self.finder.find_iter(&reading.bytes) {
            let end = at + self.finder.needle().len();
            if !self.is_short || (is_boundary(reading, at) && is_boundary(reading, end)) {
                spans.extend(span(reading, at, end));
            }
        }
    }

    /// If the reading ends with a prefix of the pattern where the original text, of the length `cut_at`, ends, returns where the prefix
    /// begins. Incomplete escapes at the positions `cut_escapes` are ignored.
    fn begins_at_end(&self, reading: &Decoded, cut_escapes: &[usize], cut_at: usize) -> Option<usize> {
        let reaches_end = reading.spans.last().is_some_and(|span| cut_at - (span.1 as usize) < TAIL);
        for end in cut_escapes.iter().copied().chain(reaches_end.then_some(usize::MAX)) {
            let length = reading.spans.partition_point(|span| (span.0 as usize) < end);
            let before = reading.bytes.get(..length).unwrap_or_default();
            let begun = longest_beginning(self.finder.needle(), before);
            let at = length - begun;
            if begun >= BEGINNING && (!self.is_short || is_boundary(reading, at)) {
                return reading.spans.get(at).map(|span| span.0 as usize);
            }
        }
        None
    }
}

/// Length of the longest proper prefix of `pattern` that is a suffix of `text` (Knuth-Morris-Pratt algorithm).
fn longest_beginning(pattern: &[u8], text: &[u8]) -> usize {
    let longest = pattern.len().saturating_sub(1);
    // The failure function: for each prefix, the length of its longest proper prefix that is also its suffix.
    let mut shorter = vec![0; pattern.len() + 1];
    let step = |shorter: &[usize], mut length: usize, byte: u8| {
        while length > 0 && pattern.get(length) != Some(&byte) {
            length = shorter.get(length).copied().unwrap_or(0);
        }
        length + usize::from(pattern.get(length) == Some(&byte))
    };
    for (at, byte) in pattern.iter().enumerate().skip(1) {
        let length = step(&shorter, shorter.get(at).copied().unwrap_or(0), *byte);
        if let Some(next) = shorter.get_mut(at + 1) {
            *next = length;
        }
    }
    let tail = text.get(text.len().saturating_sub(longest)..).unwrap_or_default();
    tail.iter().fold(0, |length, byte| step(&shorter, length, *byte))
}

/// The range of the original text that the bytes from `at` to `end` come from.
fn span(reading: &Decoded, at: usize, end: usize) -> Option<(usize, usize)> {
    let (first, last) = (reading.spans.get(at)?, reading.spans.get(end.checked_sub(1)?)?);
    Some((first.0 as usize, last.1 as usize))
}

/// Whether there is a word boundary before the byte `at`, or a character was left out there.
fn is_boundary(reading: &Decoded, at: usize) -> bool {
    let is_word = |at: usize| {
        let byte = reading.bytes.get(at).copied();
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii())
    };
    let Some(before) = at.checked_sub(1) else { return true };
    let left_out = match (reading.spans.get(before), reading.spans.get(at)) {
        (Some(before), Some(after)) => before.1 != after.0,
        _ => true,
    };
    left_out || !is_word(before) || !is_word(at)
}

/// Replaces the spans with [`HIDDEN`]. The spans are sorted and may overlap.
fn hide(text: &[u8], spans: Vec<(usize, usize)>) -> Vec<u8> {
    let (mut shown, mut done) = (Vec::with_capacity(text.len()), 0);
    for (from, to) in spans {
        if to <= done {
            continue;
        }
        if from >= done {
            shown.extend_from_slice(text.get(done..from).unwrap_or_default());
            shown.extend_from_slice(HIDDEN.as_bytes());
        }
        done = to;
    }
    shown.extend_from_slice(text.get(done..).unwrap_or_default());
    shown
}

#[cfg(test)]
mod tests;
