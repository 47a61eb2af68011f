//! Additional headers that a webhook sends with every callback, and their rules.

use crate::{
    domain::webhook::{HEADERS_BYTES_MAX, HEADERS_MAX},
    messages::validation::ValidationError,
};

/// Usual names of additional headers, which forms offer.
pub const USUAL_NAMES: [&str; 5] = ["Authorization", "X-Api-Key", "X-Source", "Accept-Language", "X-Request-Source"];

/// An additional header. Serialized, it contains the value: only the API and the form of those who may change the webhook show it.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "ssr", schemars(rename = "WebhookHeader"))]
pub struct Header {
    /// The name, as the user entered it.
    #[cfg_attr(feature = "ssr", schemars(example = &"X-Tenant"))]
    pub name: String,
    /// The value. It may be a credential, so it is encrypted at rest and omitted from debug output.
    #[cfg_attr(feature = "ssr", schemars(example = &"north"))]
    pub value: String,
    /// Whether the user marked the value as a credential. It is then hidden in the log, also where the receiver echoes it.
    pub secret: bool,
}

impl Header {
    /// Whether the value is hidden in the log.
    pub fn is_hidden(&self) -> bool {
        self.secret || is_always_credential(&self.name)
    }

    /// Removes spaces and tabs around the value. They are not part of it (RFC 9110, section 5.5), and HTTP/2 forbids them.
    #[must_use]
    pub fn trimmed(self) -> Self {
        Self {
            value: self.value.trim_matches([' ', '\t']).to_owned(),
            ..self
        }
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: …", self.name)
    }
}

/// An error in the list of headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderProblem {
    /// Position in the list, from 0; `None` if the list as a whole is wrong.
    pub at: Option<usize>,
    /// Whether the value is wrong, rather than the name.
    pub value: bool,
    /// The error message: what is wrong and what to do.
    pub wrong: ValidationError,
}

/// Parts of header names that indicate a credential.
const CREDENTIALS: [&str; 26] = [
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "auth",
    "authkey",
    "authorization",
    "authtoken",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "jwt",
    "key",
    "otp",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "secretkey",
    "session",
    "sessionid",
    "sessiontoken",
    "signature",
    "token",
];

/// Name parts that indicate that a "key" is not a credential.
const OTHER_KEYS: [&str; 6] = ["cache", "idempotency", "message", "partition", "routing", "surrogate"];

/// Whether a header with this name usually contains a credential.
pub fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let parts = || name.split(|c: char| !c.is_ascii_alphanumeric());
    let is_other_key = parts().any(|part| OTHER_KEYS.contains(&part));
    parts().any(|part| CREDENTIALS.contains(&part) && !(part == "key" && is_other_key))
}

/// Whether a header with this name is a credential by its definition, whatever the user marked it as (RFC 9110, section 11.6.2; RFC 6265).
fn is_always_credential(name: &str) -> bool {
    ["authorization", "cookie"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Headers that clearhook sets, or that depend on the body. `traceparent` and `tracestate` come from the event.
const OWN: [&str; 8] = [
    "accept-encoding",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "expect",
    "traceparent",
    "tracestate",
];

/// Headers of the connection, not of the request: clients and proxies remove them (RFC 9110, section 7.6.1), and HTTP/2 forbids them
/// (RFC 9113, section 8.2.2).
const CONNECTION: [&str; 11] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers with one value by their definition (RFC 9110; RFC 6454, section 7.3; `Idempotency-Key` is an item of RFC 8941). Receivers reject
/// a second one, or use either of them. Two `Cookie` headers have the meaning of one (RFC 9113, section 8.2.3).
const SINGLE: [&str; 20] = [
    "age",
    "authorization",
    "content-type",
    "date",
    "etag",
    "expires",
    "from",
    "idempotency-key",
    "if-modified-since",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "location",
    "max-forwards",
    "origin",
    "range",
    "referer",
    "retry-after",
    "server",
    "user-agent",
];

/// Checks the list of headers and returns all errors.
pub fn check_headers(headers: &[Header]) -> Vec<HeaderProblem> {
    let mut problems: Vec<_> = headers
        .iter()
        .enumerate()
        .filter_map(|(at, header)| check_header(at, header).or_else(|| check_single(at, headers)))
        .collect();
    if headers.len() > HEADERS_MAX {
        problems.push(HeaderProblem {
            at: None,
            value: false,
            wrong: ValidationError::HeadersTooMany { max: HEADERS_MAX as u64 },
        });
    }
    if headers.iter().map(|header| header.name.len() + header.value.len()).sum::<usize>() > HEADERS_BYTES_MAX {
        problems.push(HeaderProblem {
            at: None,
            value: false,
            wrong: ValidationError::HeadersTooLong {
                max: HEADERS_BYTES_MAX as u64,
            },
        });
    }
    problems
}

fn check_header(at: usize, header: &Header) -> Option<HeaderProblem> {
    let problem = |value, wrong| {
        Some(HeaderProblem {
            at: Some(at),
            value,
            wrong,
        })
    };
    if let Err(wrong) = check_name(&header.name) {
        return problem(false, wrong);
    }
    check_value(&header.value).err().and_then(|wrong| problem(true, wrong))
}

/// Checks that a header with one value by its definition is not in the list before.
fn check_single(at: usize, headers: &[Header]) -> Option<HeaderProblem> {
    let (before, name) = (headers.get(..at)?, &headers.get(at)?.name);
    let is_single = SINGLE.iter().any(|single| single.eq_ignore_ascii_case(name));
    let is_second = is_single && before.iter().any(|other| other.name.eq_ignore_ascii_case(name));
    is_second.then_some(HeaderProblem {
        at: Some(at),
        value: false,
        wrong: ValidationError::HeaderTwice,
    })
}

/// Checks a name: a token (RFC 9110, section 5.6.2) that neither clearhook nor HTTP itself sets.
pub fn check_name(name: &str) -> Result<(), ValidationError> {
    if name.is_empty() {
        return Err(ValidationError::HeaderNameMissing);
    }
    if name.len() > HEADERS_BYTES_MAX || !name.bytes().all(is_token) {
        return Err(ValidationError::HeaderName);
    }
    let name = name.to_ascii_lowercase();
    // HTTP/2 has the host in `:authority`. A different `host` header makes the request malformed (RFC 9113, section 8.3.1).
    if name == "host" {
        return Err(ValidationError::HeaderHost);
    }
    if CONNECTION.contains(&name.as_str()) {
        return Err(ValidationError::HeaderConnection);
    }
    if OWN.contains(&name.as_str()) || name.starts_with("webhook-") {
        return Err(ValidationError::HeaderReserved);
    }
    Ok(())
}

/// Checks a value: one line of visible characters, spaces and tabs (RFC 9110, section 5.5).
pub fn check_value(value: &str) -> Result<(), ValidationError> {
    if value.chars().any(ends_a_line) {
        Err(ValidationError::HeaderValue)
    } else {
        Ok(())
    }
}

/// Control characters, and the line ends of Unicode beyond ASCII (UAX #14), because an intermediary may interpret them as line ends.
fn ends_a_line(character: char) -> bool {
    (character.is_control() && character != '\t') || matches!(character, '\u{2028}' | '\u{2029}')
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Header {
        Header {
            name: name.to_owned(),
            value: value.to_owned(),
            secret: is_credential(name),
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn accepted_headers_can_be_sent() {
        for text in (0..=0x2_fff).filter_map(char::from_u32).map(String::from) {
            if check_name(&text).is_ok() {
                assert!(http::HeaderName::from_bytes(text.as_bytes()).is_ok(), "{text:?}");
            }
            if check_value(&text).is_ok() {
                assert!(http::HeaderValue::from_str(&text).is_ok(), "{text:?}");
            }
        }
    }

    #[test]
    fn credential_header_is_recognized_by_name() {
        for name in [
            "Authorization",
            "X-Authorization",
            "Cookie",
            "X-Api-Key",
            "apikey",
            "X-ApiKey",
            "X_API_KEY",
            "Ocp-Apim-Subscription-Key",
            "X-Auth-Token",
            "X-Amz-Security-Token",
            "Private-Token",
            "X-Access-Token",
            "X-Secret",
            "X-Webhook-Secret",
            "X-Password",
            "X-Passwd",
            "X-Hub-Signature-256",
            "X-Auth",
            "X-JWT",
            "X-Session-Id",
            "X-Credentials",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in [
            "Accept",
            "Accept-Language",
            "Content-Type",
            "Origin",
            "User-Agent",
            "X-Tenant",
            "X-Author",
            "X-Keyboard",
            "X-Monkey",
            "Idempotency-Key",
            "Surrogate-Key",
            "X-Routing-Key",
            "X-Forwarded-For",
        ] {
            assert!(!is_credential(name), "{name}");
        }
        let shown = Header {
            secret: false,
            ..header("Authorization", "x")
        };
        assert!(shown.is_hidden() && !header("X-Tenant", "x").is_hidden());
    }

    #[test]
    fn ordinary_header_is_accepted() {
        assert!(
            check_headers(&[
                header("X-Origin", "clearhook"),
                header("Authorization", "Bearer abc"),
                header("Accept-Language", ""),
                header("User-Agent", "acme-bridge/2"),
                header("Accept", "application/json"),
                header("Cookie", "a=1"),
                header("Cookie", "b=2"),
                header("Date", "Tue, 24 Nov 2026 10:00:00 GMT"),
                header("Origin", "https://example.com"),
                header("Sec-Fetch-Site", "none"),
                header("X-Forwarded-Host", "example.com"),
            ])
            .is_empty()
        );
    }

    #[test]
    fn reserved_or_malformed_header_is_rejected() {
        let own = OWN
            .iter()
            .chain(&CONNECTION)
            .chain(&["host"])
            .flat_map(|name| [(*name).to_owned(), name.to_uppercase()]);
        let webhook = ["webhook-id", "Webhook-Timestamp", "WEBHOOK-SIGNATURE", "webhook-"].map(str::to_owned);
        let malformed = [
            "",
            " ",
            "a b",
            " a",
            "a ",
            "a\t",
            "x:y",
            "x:",
            ":",
            ":authority",
            "naïve",
            "ｈｏｓｔ",
            "a\r\nEvil",
            "a\r\n\r\nGET /",
            "a\n",
            "\0",
            "a\0",
            "a\u{7f}",
            "a/b",
            "a(b)",
            "a,b",
            "a;b",
            "a=b",
            "a\"b",
            "{a}",
            "[a]",
            "a@b",
            "a\\b",
            "a?b",
            "\u{feff}a",
            "host\u{200b}",
        ];
        let long = "x".repeat(70_000);
        for bad in own.chain(webhook).chain(malformed.map(str::to_owned)).chain([long]) {
            let problems = check_headers(&[header("X-Fine", "1"), header(&bad, "1")]);
            let first = problems.first().unwrap_or_else(|| panic!("{bad:?} passes"));
            assert_eq!((first.at, first.value), (Some(1), false), "{bad:?}");
        }
        for bad in [
            "a\r\nEvil: 1",
            "a\nEvil: 1",
            "a\rEvil: 1",
            "\r\n\r\nbody",
            "line\nfeed",
            "\n",
            "\r",
            "nul\0",
            "\0",
            "\u{1}",
            "\u{b}",
            "\u{c}",
            "\u{1b}[2J",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "\u{2029}",
        ] {
            let problems = check_headers(&[header("X-A", bad)]);
            assert!(problems.first().is_some_and(|p| p.value && p.at == Some(0)), "{bad:?}");
        }
        // Not line ends: percent-encoded ones, and characters whose low byte is that of a line end. Values are sent as UTF-8.
        for fine in ["a%0d%0aEvil: 1", "a\tb", "é", "嘊嘍Evil: 1"] {
            assert!(check_headers(&[header("X-A", fine)]).is_empty(), "{fine:?}");
        }
    }

    #[test]
    fn a_header_with_one_value_by_definition_is_not_sent_twice() {
        for name in ["User-Agent", "Authorization", "Idempotency-Key", "Origin", "Referer"] {
            let problems = check_headers(&[header(name, "a"), header("X-Tag", "a"), header(&name.to_lowercase(), "b")]);
            assert_eq!(problems.len(), 1, "{name}");
            assert_eq!(
                (problems[0].at, &problems[0].wrong),
                (Some(2), &ValidationError::HeaderTwice),
                "{name}"
            );
        }
        assert!(
            check_headers(&[
                header("X-Tag", "a"),
                header("X-Tag", "b"),
                header("Accept", "a"),
                header("Accept", "b")
            ])
            .is_empty()
        );
    }

    #[test]
    fn header_count_and_size_are_bounded() {
        let many: Vec<_> = (0..=HEADERS_MAX).map(|n| header(&format!("X-{n}"), "1")).collect();
        assert!(check_headers(&many).iter().any(|p| p.at.is_none()));
        assert!(!check_headers(&[header("X-A", &"v".repeat(HEADERS_BYTES_MAX))]).is_empty());
    }

    #[test]
    fn header_value_is_hidden_in_debug_output() {
        assert_eq!(format!("{:?}", header("Authorization", "hidden")), "Authorization: …");
    }
}
