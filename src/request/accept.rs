//! `Accept` (RFC 9110, section 12.5.1).

use axum::http::{HeaderMap, header};

/// Whether the client accepts content of this media type. A range that cannot be read counts as `*/*`, as some clients send `*`.
/// `application/json` includes the types that are written in JSON, such as `application/schema+json`.
pub fn accepts(headers: &HeaderMap, media: &str) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().map(|value| value.to_str().unwrap_or("*/*"));
    let ranges: Vec<&str> = values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .collect();
    if ranges.is_empty() {
        return true;
    }
    // The most specific range decides.
    let best = ranges
        .into_iter()
        .filter_map(|range| judged(range, media))
        .max_by_key(|(specific, _)| *specific);
    best.is_some_and(|(_, is_wanted)| is_wanted)
}

/// How specific a range is that includes the media type, and whether its weight is not zero.
fn judged(range: &str, media: &str) -> Option<(u8, bool)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let is_wanted = weight
        .and_then(|weight| weight.trim().parse::<f32>().ok())
        .is_none_or(|weight| weight > 0.0);
    let (kind, subtype) = media.split_once('/').unwrap_or((media, ""));
    let specific = match name.split_once('/') {
        None | Some(("*", _)) => 0,
        Some((range_kind, "*")) if range_kind == kind => 1,
        Some(("application", "json")) if kind == "application" && subtype.ends_with("+json") => 2,
        Some((range_kind, range_subtype)) if range_kind == kind && range_subtype == subtype => 3,
        Some(_) => return None,
    };
    Some((specific, is_wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(value: &str, media: &str) -> bool {
        accepts(&HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())]), media)
    }

    #[test]
    fn most_specific_range_decides() {
        for yes in [
            "*/*",
            "*",
            "",
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/*",
            "text/html, application/json;q=0.1",
            "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
            "application/*;q=0, application/json",
        ] {
            assert!(accepted(yes, "application/json"), "{yes}");
        }
        for no in [
            "text/html",
            "application/xml",
            "text/*",
            "application/json;q=0",
            "*/*, application/json;q=0",
            "application/problem+json",
        ] {
            assert!(!accepted(no, "application/json"), "{no}");
        }
        assert!(accepted("application/json", "application/schema+json"));
        assert!(!accepted("application/schema+json", "application/json"));
        assert!(accepts(&HeaderMap::new(), "text/csv"));
    }
}
