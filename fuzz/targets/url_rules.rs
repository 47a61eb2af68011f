//! An accepted webhook URL uses https, has no credentials, has no private address, and is accepted again unchanged.
#![no_main]

use std::net::IpAddr;

use clearhook::domain::{address::judge, url::UrlPolicy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let policy = UrlPolicy::default();
    let Ok(url) = policy.check(text) else { return };
    assert_eq!(url.scheme(), "https");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    let host = url.host_str().expect("a host");
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    if let Ok(address) = bare.parse::<IpAddr>() {
        assert!(judge(address).is_ok(), "{text} leads to {address}");
    }
    assert!(!bare.eq_ignore_ascii_case("localhost"), "{text}");
    assert_eq!(policy.check(url.as_str()).as_ref(), Ok(&url), "{text}");
});
