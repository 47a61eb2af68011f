//! A URL on one line: the host and the end of the path stay visible, the middle of the path is cut where there is no room.

use leptos::prelude::*;

use crate::{
    console::{components::unseen::written_out, viewer::lang},
    messages::webhooks as say,
};

/// The parts of a URL. Joined, they are the URL.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    /// `https://`.
    scheme: &'a str,
    /// The host, with the port and what else stands before the path.
    host: &'a str,
    /// The path up to its last segment.
    middle: &'a str,
    /// The last segment of the path and the query.
    end: &'a str,
}

impl<'a> Parts<'a> {
    /// Splits any text; without `://` it has no scheme.
    fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_at(url.find("://").map_or(0, |at| at + 3));
        let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let query = path.find(['?', '#']).unwrap_or(path.len());
        // A slash at the end belongs to the segment before it.
        let last = path[..query].trim_end_matches('/').rfind('/').unwrap_or(0);
        let (middle, end) = path.split_at(last);
        Self { scheme, host, middle, end }
    }

    fn is_plain_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http://")
    }
}

/// The number of characters up to which the end of a URL is short. A longer one keeps at least `min-width` of `.end.long`.
const END_SHORT: usize = 6;

/// The URL. Its text is complete, so that it can be copied and searched; `https://` is only for screen readers.
#[component]
pub(super) fn CutUrl(
    /// The URL.
    url: String,
) -> impl IntoView {
    let parts = Parts::of(&url);
    let scheme = if parts.is_plain_http() {
        view! {
            <span class="scheme" title=say::plain_http(lang())>
                {written_out(parts.scheme)}
            </span>
        }
        .into_any()
    } else {
        view! { <span class="visually-hidden">{written_out(parts.scheme)}</span> }.into_any()
    };
    view! {
        <bdi class="cut-url" dir="ltr">
            {scheme}
            {after_scheme(&parts)}
        </bdi>
    }
}

/// The URL without its scheme, for a table in which most rows have the same one.
#[component]
pub(in crate::console::pages) fn CutAddress(
    /// The URL.
    url: String,
) -> impl IntoView {
    view! {
        <bdi class="cut-url" dir="ltr">
            {after_scheme(&Parts::of(&url))}
        </bdi>
    }
}

fn after_scheme(parts: &Parts<'_>) -> AnyView {
    let middle = (!parts.middle.is_empty()).then(|| view! { <span class="middle">{written_out(parts.middle)}</span> });
    // A short end is never cut, and needs no more room than it has characters.
    let class = if parts.end.chars().count() > END_SHORT { "end long" } else { "end" };
    let end = (!parts.end.is_empty()).then(|| view! { <span class=class>{written_out(parts.end)}</span> });
    view! {
        <span class="host">{written_out(parts.host)}</span>
        {middle}
        {end}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_path_is_what_is_cut() {
        for (url, expected) in [
            (
                "https://integrations.example.com:8443/clearid/v2/identity-events?tenant=a/b&x=1",
                (
                    "https://",
                    "integrations.example.com:8443",
                    "/clearid/v2",
                    "/identity-events?tenant=a/b&x=1",
                ),
            ),
            ("https://example.com/hook", ("https://", "example.com", "", "/hook")),
            ("https://example.com/a/b/", ("https://", "example.com", "/a", "/b/")),
            ("https://example.com/", ("https://", "example.com", "", "/")),
            ("http://example.com", ("http://", "example.com", "", "")),
            ("https://example.com?a=/b/c", ("https://", "example.com", "", "?a=/b/c")),
            ("https://[::1]:8443/a//b", ("https://", "[::1]:8443", "/a/", "/b")),
            (
                "https://example.com/é/日本/🚀?q=ü",
                ("https://", "example.com", "/é/日本", "/🚀?q=ü"),
            ),
            ("nonsense", ("", "nonsense", "", "")),
            ("", ("", "", "", "")),
        ] {
            let parts = Parts::of(url);
            assert_eq!((parts.scheme, parts.host, parts.middle, parts.end), expected, "{url}");
            assert_eq!([parts.scheme, parts.host, parts.middle, parts.end].concat(), url);
        }
    }
}
