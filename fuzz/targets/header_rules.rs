//! Accepted additional headers can be sent, contain no line breaks, and do not replace clearhook's own headers.
#![no_main]

use clearhook::domain::headers::{Header, check_headers, is_credential};
use http::{HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // A header a line, so that every other control character reaches names and values; `\u{1}` stands for a line's end in them.
    let headers: Vec<_> = text
        .split('\n')
        .map(|line| line.split_once(':').unwrap_or((line, "")))
        .map(|(name, value)| Header {
            name: name.replace('\u{1}', "\r\n"),
            value: value.replace('\u{1}', "\r\n"),
            secret: is_credential(name),
        })
        .collect();
    if !check_headers(&headers).is_empty() {
        return;
    }
    assert!(headers.len() <= 32);
    assert!(headers.iter().map(|header| header.name.len() + header.value.len()).sum::<usize>() <= 8 * 1024);
    for Header { name, value, .. } in &headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        HeaderValue::from_str(value).expect("a value");
        assert!(!value.contains(['\r', '\n', '\0']));
        assert!(!["host", "content-length", "content-type", "connection", "transfer-encoding"].contains(&name.as_str()));
        assert!(!name.as_str().starts_with("webhook-"));
    }
});
