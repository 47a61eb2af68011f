//! The language, theme and time zone of a request.

use axum::http::{HeaderMap, header, request::Parts};
use jiff::tz::TimeZone;
use leptos::prelude::use_context;

use crate::{
    console::viewer::{Theme, Viewer},
    messages::Lang,
    request::cookies,
};

/// The name of the cookie with the chosen language.
pub const LANG: &str = "lang";
/// The name of the cookie with the chosen theme.
pub const THEME: &str = "theme";
/// The name of the cookie that hides the first steps on the overview.
pub const CHECKLIST: &str = "checklist";
/// The name of the cookie with the chosen columns of the list of webhooks.
pub const COLUMNS: &str = "columns";
/// The name of the cookie with the chosen time zone. Without it, times follow the browser.
pub const ZONE: &str = "zone";
/// The name of the cookie with the time zone of the browser. A script sets it.
const BROWSER_ZONE: &str = "tz";

/// The language and the theme for a request with these headers: the chosen ones, or else the language that the browser prefers, or else
/// English, and the theme of the operating system.
pub fn viewer_of(headers: &HeaderMap) -> Viewer {
    let accepted = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Lang::accepted);
    Viewer {
        lang: cookies::value(headers, LANG)
            .and_then(Lang::of_tag)
            .or_else(accepted)
            .unwrap_or_default(),
        theme: cookies::value(headers, THEME)
            .and_then(|theme| theme.parse().ok())
            .unwrap_or(Theme::System),
    }
}

/// The language and the theme of the current request.
pub fn viewer() -> Viewer {
    use_context::<Parts>().map_or_else(Viewer::default, |parts| viewer_of(&parts.headers))
}

/// The language of the current request.
pub fn lang() -> Lang {
    viewer().lang
}

/// The time zone of the current request: see [`zone_of`].
pub fn zone() -> TimeZone {
    use_context::<Parts>().map_or(TimeZone::UTC, |parts| zone_of(&parts.headers))
}

/// The time zone for a request with these headers: the chosen one, or else the one of the browser. UTC until a script has set the cookie of the
/// latter.
pub fn zone_of(headers: &HeaderMap) -> TimeZone {
    zone_in(headers, ZONE).unwrap_or_else(|| browser_zone_of(headers))
}

/// The time zone of the browser. UTC until a script has set the cookie.
pub fn browser_zone_of(headers: &HeaderMap) -> TimeZone {
    zone_in(headers, BROWSER_ZONE).unwrap_or(TimeZone::UTC)
}

fn zone_in(headers: &HeaderMap, cookie: &str) -> Option<TimeZone> {
    cookies::value(headers, cookie).and_then(|zone| TimeZone::get(zone).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let header = |(name, value): &(&str, &str)| (name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap());
        pairs.iter().map(header).collect()
    }

    fn viewer_with(pairs: &[(&'static str, &'static str)]) -> Viewer {
        viewer_of(&headers(pairs))
    }

    #[test]
    fn the_chosen_time_zone_overrides_the_one_of_the_browser() {
        let zone = |cookies: &'static str| zone_of(&headers(&[("cookie", cookies)])).iana_name().map(str::to_owned);
        for (cookies, expected) in [
            ("lang=en", "UTC"),
            ("tz=America/Montreal", "America/Montreal"),
            ("tz=America/Montreal; zone=Europe/Paris", "Europe/Paris"),
            ("tz=America/Montreal; zone=UTC", "UTC"),
            ("tz=America/Montreal; zone=Mars/Base", "America/Montreal"),
            ("tz=../../etc/passwd", "UTC"),
        ] {
            assert_eq!(zone(cookies).as_deref(), Some(expected), "{cookies}");
        }
    }

    #[test]
    fn the_chosen_language_overrides_the_one_that_the_browser_prefers() {
        assert_eq!(viewer_with(&[]), Viewer::default());
        assert_eq!(viewer_with(&[("accept-language", "fr-CA")]).lang, Lang::Fr);
        assert_eq!(
            viewer_with(&[("accept-language", "fr"), ("cookie", "tz=UTC; lang=en")]).lang,
            Lang::En
        );
        assert_eq!(viewer_with(&[("accept-language", "fr"), ("cookie", "lang=tlh")]).lang, Lang::Fr);
        assert_eq!(viewer_with(&[("cookie", "theme=dark")]).theme, Theme::Dark);
        assert_eq!(viewer_with(&[("cookie", "theme=plaid; old_theme=dark")]).theme, Theme::System);
    }
}
