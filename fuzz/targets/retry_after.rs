//! Any value of `Retry-After` is either parsed or ignored.
#![no_main]

use std::time::{Duration, SystemTime};

use clearhook::domain::retry::retry_after;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u32, &[u8])| {
    let (seconds, value) = input;
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.into());
    if let Some(wish) = retry_after(value, now) {
        assert!(value.is_ascii());
        // A date has four digits for its year.
        assert!(wish <= Duration::from_secs(8_000 * 366 * 24 * 3_600) || value.iter().all(|byte| byte.is_ascii_digit() || b" \t".contains(byte)));
    }
});
