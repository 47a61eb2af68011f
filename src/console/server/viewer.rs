//! What a request says of the viewer: language, theme, time zone.

use axum::http::{HeaderMap, header, request::Parts};
use jiff::tz::TimeZone;
use leptos::prelude::use_context;

use crate::{
    console::viewer::{Theme, Viewer},
    messages::Lang,
    request::cookies,
};

/// The cookie that keeps the language somebody chose.
pub const LANG: &str = "lang";
/// The cookie that keeps the theme somebody chose.
pub const THEME: &str = "theme";
/// The cookie with the time zone, which hydration sets.
const ZONE: &str = "tz";

/// Language and theme of whoever sent these headers: as they chose, else as their browser asks, else English and the system's theme.
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

/// The viewer of the request that is being answered.
pub fn viewer() -> Viewer {
    use_context::<Parts>().map_or_else(Viewer::default, |parts| viewer_of(&parts.headers))
}

/// The language of the request that is being answered.
pub fn lang() -> Lang {
    viewer().lang
}

/// The viewer's time zone; UTC at first.
pub fn zone() -> TimeZone {
    use_context::<Parts>().map_or(TimeZone::UTC, |parts| zone_of(&parts.headers))
}

/// The time zone of whoever sent these headers; UTC at first.
pub fn zone_of(headers: &HeaderMap) -> TimeZone {
    cookies::value(headers, ZONE)
        .and_then(|zone| TimeZone::get(zone).ok())
        .unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pairs: &[(&'static str, &'static str)]) -> Viewer {
        viewer_of(
            &pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
        )
    }

    #[test]
    fn a_choice_counts_more_than_what_the_browser_asks() {
        assert_eq!(seen(&[]), Viewer::default());
        assert_eq!(seen(&[("accept-language", "fr-CA")]).lang, Lang::Fr);
        assert_eq!(seen(&[("accept-language", "fr"), ("cookie", "tz=UTC; lang=en")]).lang, Lang::En);
        assert_eq!(seen(&[("accept-language", "fr"), ("cookie", "lang=tlh")]).lang, Lang::Fr);
        assert_eq!(seen(&[("cookie", "theme=dark")]).theme, Theme::Dark);
        assert_eq!(seen(&[("cookie", "theme=plaid; old_theme=dark")]).theme, Theme::System);
    }
}
