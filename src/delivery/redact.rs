//! Hides credentials in logged responses. A receiver may echo the request, verbatim or escaped for JSON, a URL, a form, or HTML.

mod decode;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    delivery::redact::decode::{Decoded, plain, readings, readings_of_cut},
    domain::{
        headers::{Header, is_credential},
        secret::SigningSecret,
    },
};

/// Replaces a hidden value.
pub(super) const HIDDEN: &str = "••••••";
/// Shorter values occur in texts by chance. They are hidden only as whole words.
const LONG: usize = 8;
/// At the end of a truncated text, a prefix of a value is hidden if it is at least this long.
const BEGINNING: usize = 3;

/// Values to hide in responses. Texts are not searched if there are no values, or if they are shorter than all values.
#[derive(Default)]
pub(super) struct Redactor {
    values: Vec<Value>,
    /// Length of the shortest text that can contain a value.
    shortest: usize,
}

struct Value {
    text: String,
    /// Whether its base64 and hexadecimal forms are hidden, too.
    is_encoded: bool,
}

/// One encoded form of a value, in lower case.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    bytes: Vec<u8>,
    is_short: bool,
}

impl Redactor {
    /// Hides the values of headers that are marked as secret, the credentials in them, and the signing secrets.
    pub(super) fn new<'a>(headers: &[Header], signing: impl Iterator<Item = &'a SigningSecret>) -> Self {
        let mut values: Vec<_> = headers
            .iter()
            .filter(|header| header.is_hidden())
            .flat_map(|header| credentials(&header.name, &header.value))
            .map(|text| Value { text, is_encoded: true })
            .collect();
        values.sort_by(|one, other| one.text.cmp(&other.text));
        values.dedup_by(|one, other| one.text == other.text);
        // A signing secret is written as a prefix and base64; the base64 part is hidden.
        values.extend(signing.map(|secret| Value {
            text: STANDARD.encode(secret.as_bytes()),
            is_encoded: false,
        }));
        let shortest = patterns(&values).map(|pattern| pattern.bytes.len()).min().unwrap_or(usize::MAX);
        Self { values, shortest }
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
        if self.values.is_empty() || (text.len() < self.shortest && !is_cut) {
            return Vec::new();
        }
        let mut patterns: Vec<_> = patterns(&self.values).collect();
        patterns.sort();
        patterns.dedup();
        let mut spans = Vec::new();
        let (readings, cut_escapes) = if is_cut {
            readings_of_cut(text)
        } else {
            (readings(text), Vec::new())
        };
        for reading in readings {
            for pattern in &patterns {
                pattern.find(&reading, &mut spans);
                if is_cut && let Some(from) = pattern.begins_at_end(&reading, &cut_escapes) {
                    spans.push((from, text.len()));
                }
            }
        }
        spans.sort_unstable();
        spans
    }
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

/// All forms of the values that decoding of the text does not reduce to the value itself.
fn patterns(values: &[Value]) -> impl Iterator<Item = Pattern> {
    values.iter().flat_map(|value| {
        let text = value.text.as_bytes();
        let mut spelled = vec![text.to_vec()];
        if !value.text.is_ascii() {
            // The value misread as Latin-1, and the value encoded in Latin-1, which was once the encoding of HTTP headers.
            spelled.push(text.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes());
            spelled.extend(
                value
                    .text
                    .chars()
                    .map(|character| u8::try_from(character).ok())
                    .collect::<Option<Vec<u8>>>(),
            );
        }
        if value.is_encoded && text.len() >= LONG {
            spelled.push(text.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
            spelled.extend((0..3).flat_map(|before| base64_within(text, before)));
        }
        let is_short = text.len() < LONG;
        let both = spelled.into_iter().flat_map(|bytes| [plain(&bytes), bytes.to_ascii_lowercase()]);
        both.filter(|bytes| !bytes.is_empty())
            .map(move |bytes| Pattern { bytes, is_short })
            .collect::<Vec<_>>()
    })
}

/// The base64 form of a value with `before` bytes (0 to 2) before it in its group of three: the standard form, and the URL-safe form if it
/// differs. Characters that also depend on the surrounding bytes are left out.
fn base64_within(value: &[u8], before: usize) -> Vec<Vec<u8>> {
    let text = [&[0; 2][..before], value].concat();
    let encoded = STANDARD.encode(&text).into_bytes();
    let (from, to) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
    let standard = encoded.get(from..to).unwrap_or_default().to_vec();
    let url_safe: Vec<u8> = standard
        .iter()
        .map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        })
        .collect();
    if url_safe == standard {
        vec![standard]
    } else {
        vec![standard, url_safe]
    }
}

impl Pattern {
    fn find(&self, reading: &Decoded, spans: &mut Vec<(usize, usize)>) {
        for at in memchr::memmem::find_iter(&reading.bytes, &self.bytes) {
            let end = at + self.bytes.len();
            if !self.is_short || (is_boundary(reading, at) && is_boundary(reading, end)) {
                spans.extend(span(reading, at, end));
            }
        }
    }

    /// If the text ends with a prefix of the pattern, returns where the prefix begins. A truncated escape at the end of the text is
    /// ignored.
    fn begins_at_end(&self, reading: &Decoded, cut_escapes: &[usize]) -> Option<usize> {
        let whole = usize::MAX;
        for end in cut_escapes.iter().copied().chain([whole]) {
            let length = reading.spans.partition_point(|span| (span.0 as usize) < end);
            let before = reading.bytes.get(..length).unwrap_or_default();
            let begun = longest_beginning(&self.bytes, before);
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
