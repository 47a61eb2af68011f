//! The choice of the time zone in which pages show times. A cookie keeps it, so that each browser of a user has its own.

use axum::http::request::Parts;
use jiff::tz::{self, TimeZone};
use leptos::prelude::*;

use crate::{
    console::{
        server::{
            dates::time_of_day,
            viewer::{ZONE, browser_zone_of, zone_of},
        },
        viewer::lang,
    },
    domain::timestamp::Timestamp,
    messages::account as say,
    request::cookies,
};

/// The value that follows the browser.
pub(in crate::console::pages) const BROWSER: &str = "browser";
/// The value for UTC.
const UTC: &str = "UTC";
/// The areas of the time zone database whose zones are offered, as their names begin. The others hold old names and offsets without a place.
const AREAS: [&str; 10] = [
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
];

/// Whether times can be shown in this zone.
pub(in crate::console::pages) fn is_offered(zone: &str) -> bool {
    zone == UTC || (area_of(zone).is_some() && TimeZone::get(zone).is_ok_and(|known| known.iana_name() == Some(zone)))
}

fn area_of(zone: &str) -> Option<&'static str> {
    AREAS.into_iter().find(|area| zone.starts_with(area))
}

/// The names of the zones in an area, in order.
fn zones_of(area: &str) -> Vec<String> {
    let mut zones: Vec<String> = tz::db()
        .available()
        .map(|zone| zone.to_string())
        .filter(|zone| area_of(zone) == Some(area))
        .collect();
    zones.sort_unstable();
    zones
}

/// The section of the account page.
#[component]
pub(super) fn TimeZoneSection() -> impl IntoView {
    let lang = lang();
    let headers = use_context::<Parts>().map(|parts| parts.headers).unwrap_or_default();
    let (zone, browser) = (zone_of(&headers), browser_zone_of(&headers));
    let chosen = cookies::value(&headers, ZONE)
        .filter(|zone| is_offered(zone))
        .unwrap_or(BROWSER)
        .to_owned();
    let now = say::zone_now(
        lang,
        &time_of_day(whole_minute(Timestamp::now()), &zone),
        zone.iana_name().unwrap_or(UTC),
    );
    let option = |value: &str, text: String| {
        let selected = value == chosen;
        view! { <option value=value.to_owned() selected=selected>{text}</option> }
    };
    let areas = AREAS.map(|area| {
        let zones: Vec<_> = zones_of(area)
            .into_iter()
            .map(|zone| option(&zone, zone.replace('_', " ")))
            .collect();
        view! { <optgroup label=area.trim_end_matches('/')>{zones}</optgroup> }
    });
    let follow = say::zone_browser(lang, browser.iana_name().unwrap_or(UTC));
    view! {
        <section aria-labelledby="zone-heading">
            <div>
                <h2 id="zone-heading">{say::zone(lang)}</h2>
                <p>{say::zone_about(lang)}</p>
            </div>
            <form method="post" action="/preferences">
                <div class="field">
                    <label for="zone">{say::zone_in(lang)}</label>
                    <select id="zone" name="zone" autocomplete="off" aria-describedby="zone-now">
                        {option(BROWSER, follow)}
                        {option(UTC, UTC.to_owned())}
                        {areas.collect_view()}
                    </select>
                    <p class="hint" id="zone-now">
                        {now}
                    </p>
                </div>
                <button class="button" type="submit">
                    {say::zone_save(lang)}
                </button>
            </form>
        </section>
    }
}

/// The time of day has no seconds then.
fn whole_minute(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - at.0.rem_euclid(60_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_offered_and_nothing_else() {
        for zone in [
            "UTC",
            "Europe/Paris",
            "America/Argentina/Buenos_Aires",
            "America/Montreal",
            "Asia/Kolkata",
        ] {
            assert!(is_offered(zone), "{zone}");
        }
        for zone in [
            "",
            "browser",
            "Europe",
            "europe/paris",
            "Europe/Atlantis",
            "Etc/GMT+3",
            "US/Eastern",
            "../etc/passwd",
            "Europe/Paris; Path=/",
        ] {
            assert!(!is_offered(zone), "{zone}");
        }
        assert!(AREAS.iter().all(|area| zones_of(area).iter().all(|zone| is_offered(zone))));
        assert!(zones_of("Europe/").len() > 30 && zones_of("Europe/").is_sorted());
    }
}
