//! Any request of a publisher is either parsed or rejected with an error message.
#![no_main]

use clearhook::services::events::cloud_event::{Mode, read};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 8] = ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time", "ce-subject", "ce-traceparent", "ce-my-name"];

fuzz_target!(|input: (u8, Vec<Vec<u8>>, Vec<u8>)| {
    let (mode, values, body) = input;
    let mode = [Mode::Structured, Mode::Batch, Mode::Binary, Mode::Plain][usize::from(mode % 4)];
    let mut headers = HeaderMap::new();
    for (at, value) in values.iter().take(12).enumerate() {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(HeaderName::from_static(NAMES[at % NAMES.len()]), value);
        }
    }
    match read(mode, &headers, &body) {
        Ok(events) => assert!(events.len() <= 1_000),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
