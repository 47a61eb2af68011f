//! The trace context of an event (W3C Trace Context; the CloudEvents extension "Distributed tracing"). Its callbacks have it as HTTP
//! headers.

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
    /// Reads the values of the two headers or extension attributes. `None` if `traceparent` is not valid, because receivers would drop it or
    /// start a new trace; an invalid `tracestate` is left out.
    pub fn of_headers(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        is_traceparent(traceparent).then(|| Self {
            traceparent: traceparent.to_owned(),
            tracestate: tracestate.filter(|value| is_tracestate(value)).map(str::to_owned),
        })
    }

    /// The text that is stored with an event: both values, with a blank between them.
    pub fn stored(&self) -> String {
        match &self.tracestate {
            Some(state) => format!("{} {state}", self.traceparent),
            None => self.traceparent.clone(),
        }
    }

    /// Reads what [`TraceContext::stored`] wrote.
    pub fn of_stored(text: &str) -> Option<Self> {
        let (traceparent, tracestate) = text.split_once(' ').map_or((text, None), |(parent, state)| (parent, Some(state)));
        Self::of_headers(traceparent, tracestate)
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
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01";

    #[test]
    fn what_is_stored_is_read_again() {
        for tracestate in [None, Some("rojo=00f067aa0ba902b7, congo=t61rcWkgMzE".to_owned())] {
            let context = TraceContext {
                traceparent: PARENT.to_owned(),
                tracestate,
            };
            assert_eq!(TraceContext::of_stored(&context.stored()), Some(context));
        }
    }

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
        let of = |parent: &str, state: Option<&str>| TraceContext::of_headers(parent, state);
        let context = of(PARENT, Some("a=1")).unwrap();
        assert_eq!((context.traceparent.as_str(), context.tracestate.as_deref()), (PARENT, Some("a=1")));
        assert_eq!(of(PARENT, Some("A")).unwrap().tracestate, None);
        for none in ["", "x", &PARENT.replace("00-0a", "ff-0a")] {
            assert_eq!(of(none, Some("a=1")), None);
        }
    }
}
