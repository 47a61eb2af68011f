//! The trace context of an event (W3C Trace Context; the CloudEvents extension "Distributed tracing"). Its callbacks have it as HTTP
//! headers.

use serde_json::Value;

/// The values of the two headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Version, trace id, parent id and flags.
    pub traceparent: String,
    /// Vendor-specific data of tracing systems.
    pub tracestate: Option<String>,
}

/// Maximum number of members of `tracestate` (section 3.3.1.1).
const MEMBERS_MAX: usize = 32;

impl TraceContext {
    /// Reads the trace context from an event's extension attributes, a JSON object. Invalid values are not sent, because receivers would
    /// drop them or start a new trace.
    pub fn of_extensions(extensions: &str) -> Option<Self> {
        // Most events have no trace context; this avoids parsing them.
        if !extensions.contains("\"traceparent\"") {
            return None;
        }
        let extensions: Value = serde_json::from_str(extensions).ok()?;
        let text = |name: &str| extensions.get(name).and_then(Value::as_str);
        let traceparent = text("traceparent").filter(|value| is_traceparent(value))?;
        Some(Self {
            traceparent: traceparent.to_owned(),
            tracestate: text("tracestate").filter(|value| is_tracestate(value)).map(str::to_owned),
        })
    }
}

/// Checks `traceparent` (section 3.2). Version 00 has four fields; later versions may have more.
fn is_traceparent(value: &str) -> bool {
    let mut fields = value.split('-');
    let mut field = |length: usize| fields.next().filter(|field| field.len() == length && is_lower_hex(field));
    let (Some(version), Some(trace), Some(parent), Some(_flags)) = (field(2), field(32), field(16), field(2)) else {
        return false;
    };
    let is_null = |id: &str| id.bytes().all(|digit| digit == b'0');
    let more = fields.count();
    version != "ff"
        && !is_null(trace)
        && !is_null(parent)
        && (more == 0 || version != "00")
        && value.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Checks `tracestate` (section 3.3.1).
fn is_tracestate(value: &str) -> bool {
    let mut keys = Vec::new();
    for member in value.split(',').map(|member| member.trim_matches([' ', '\t'])) {
        if member.is_empty() {
            continue;
        }
        let Some((key, value)) = member.split_once('=') else {
            return false;
        };
        if !is_key(key) || !is_member_value(value) || keys.contains(&key) {
            return false;
        }
        keys.push(key);
    }
    (1..=MEMBERS_MAX).contains(&keys.len())
}

fn is_key(key: &str) -> bool {
    let begins = |part: &str, digits: bool| {
        part.bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_lowercase() || digits && byte.is_ascii_digit())
    };
    let rest = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte))
    };
    match key.split_once('@') {
        None => key.len() <= 256 && begins(key, false) && rest(key),
        Some((tenant, system)) => {
            tenant.len() <= 241 && begins(tenant, true) && rest(tenant) && system.len() <= 14 && begins(system, false) && rest(system)
        }
    }
}

fn is_member_value(value: &str) -> bool {
    (1..=256).contains(&value.len())
        && !value.ends_with(' ')
        && value
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte) && byte != b',' && byte != b'=')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01";

    #[test]
    fn traceparent_is_validated() {
        let later = PARENT.replacen("00-", "01-", 1);
        for good in [PARENT, later.as_str(), &format!("{later}-more")] {
            assert!(is_traceparent(good), "{good}");
        }
        for bad in [
            "",
            "00",
            &PARENT.to_uppercase(),
            &PARENT.replacen("00-", "ff-", 1),
            &PARENT.replacen("00-", "0-", 1),
            &format!("{PARENT}-more"),
            &format!("{PARENT} "),
            &format!("{later}-\r\nx: y"),
            "00-00000000000000000000000000000000-b9c7c989f97918e1-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b9c7c989f97918e1-01",
            "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1",
            "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-0g",
        ] {
            assert!(!is_traceparent(bad), "{bad}");
        }
    }

    #[test]
    fn tracestate_is_validated() {
        let many = |count: usize| (0..count).map(|number| format!("k{number}=v")).collect::<Vec<_>>().join(",");
        for good in [
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
            "a=1, b=2 ,,c=3",
            "fw529a3039@dt=FfAB",
            "a/b_c-d*e=!~ x",
            &many(32),
        ] {
            assert!(is_tracestate(good), "{good}");
        }
        for bad in [
            "",
            ",",
            "a",
            "a=",
            "=1",
            "A=1",
            "1a=1",
            "a=1,a=2",
            "a=b=c",
            "a=é",
            "a=1\r\nb: 2",
            "a@=1",
            "a@1b=2",
            &many(33),
            &format!("a={}", "x".repeat(257)),
        ] {
            assert!(!is_tracestate(bad), "{bad}");
        }
    }

    #[test]
    fn only_valid_trace_context_becomes_headers() {
        let of = |extensions: Value| TraceContext::of_extensions(&extensions.to_string());
        let context = of(json!({ "traceparent": PARENT, "tracestate": "a=1", "tenant": 7 })).unwrap();
        assert_eq!((context.traceparent.as_str(), context.tracestate.as_deref()), (PARENT, Some("a=1")));
        assert_eq!(of(json!({ "traceparent": PARENT, "tracestate": "A" })).unwrap().tracestate, None);
        for none in [
            json!({}),
            json!({ "tracestate": "a=1" }),
            json!({ "traceparent": 7 }),
            json!({ "traceparent": "x" }),
        ] {
            assert_eq!(of(none), None);
        }
    }
}
