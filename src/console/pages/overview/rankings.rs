//! The busiest and the slowest webhooks, and the most frequent event types, of the newest callbacks.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use leptos::prelude::*;

use crate::{
    console::{
        components::unseen::written_out,
        href::event_type_path,
        server::{dates, durations::rounded, type_name},
        viewer::lang,
    },
    domain::{event_type::EventType, id::WebhookId},
    messages::{Lang, overview as say},
    storage::recent::RecentCallback,
};

/// The number of rows of each list.
const ROWS: usize = 5;

/// The lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankingsView {
    /// Of how many callbacks, since when.
    pub of: String,
    /// The webhooks with the most callbacks.
    pub busiest: Vec<RankView>,
    /// The webhooks with the longest average time until the response.
    pub slowest: Vec<RankView>,
    /// The most frequent event types.
    pub event_types: Vec<RankView>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankView {
    /// The address of its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Its value in words.
    pub value: String,
    /// Its share of the highest value, in hundredths.
    pub hundredths: u64,
}

/// Ranks the webhooks of these callbacks, which are in the order from the newest. `None` without callbacks. Deleted webhooks, which have no
/// name, are left out.
pub(super) fn rankings(recent: &[RecentCallback], names: &HashMap<WebhookId, String>, zone: &TimeZone, lang: Lang) -> Option<RankingsView> {
    let oldest = recent.last()?.at();
    let mut webhooks: HashMap<WebhookId, (u64, u64)> = HashMap::new();
    let mut types: HashMap<&str, u64> = HashMap::new();
    for callback in recent {
        let sums = webhooks.entry(callback.webhook()).or_default();
        *sums = (sums.0 + 1, sums.1 + callback.duration_ms.unsigned_abs());
        *types.entry(callback.event_type.as_str()).or_default() += 1;
    }
    let named = |value: fn((u64, u64)) -> u64| {
        let rows = webhooks
            .iter()
            .filter_map(|(id, sums)| Some((value(*sums), names.get(id)?.clone(), format!("/webhooks/{id}"))));
        rows.collect::<Vec<_>>()
    };
    let types = types.into_iter().map(|(key, count)| {
        let event = EventType::of_stored(key);
        (count, type_name(&event, lang), event_type_path(&event))
    });
    Some(RankingsView {
        of: say::recent(lang, recent.len() as u64, &dates::minute(oldest, zone, lang)),
        busiest: ranked(named(|(count, _)| count), |count| say::callbacks(lang, count), "#logs"),
        slowest: ranked(
            named(|(count, sum)| sum / count.max(1)),
            |ms| say::on_average(lang, &rounded(ms, lang)),
            "#logs",
        ),
        event_types: ranked(types.collect(), |count| say::callbacks(lang, count), ""),
    })
}

/// The highest values first; equal ones by name.
fn ranked(mut rows: Vec<(u64, String, String)>, words: impl Fn(u64) -> String, fragment: &str) -> Vec<RankView> {
    rows.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let highest = rows.first().map_or(1, |row| row.0.max(1));
    let rows = rows.into_iter().take(ROWS).map(|(value, name, href)| RankView {
        href: format!("{href}{fragment}"),
        name,
        value: words(value),
        hundredths: (value * 100).div_ceil(highest),
    });
    rows.collect()
}

/// The lists, side by side.
#[component]
pub(super) fn Rankings(
    /// The data.
    rankings: RankingsView,
) -> impl IntoView {
    let lang = lang();
    let list = |title: &'static str, rows: Vec<RankView>| {
        let rows = rows.into_iter().zip(1_u32..).map(|(row, rank)| {
            view! {
                <li>
                    <span class="hint rank">{rank} ". "</span>
                    <a href=row.href>{written_out(&row.name)}</a>
                    <span class="hint nowrap">{row.value}</span>
                    <meter min="0" max="100" value=row.hundredths.to_string() aria-hidden="true"></meter>
                </li>
            }
        });
        view! {
            <div class="card ranking">
                <h3>{title}</h3>
                <ol>{rows.collect_view()}</ol>
            </div>
        }
    };
    view! {
        <div class="rankings">
            {list(say::busiest(lang), rankings.busiest)} {list(say::slowest(lang), rankings.slowest)}
            {list(say::event_types(lang), rankings.event_types)}
        </div>
        <p class="hint">{rankings.of}</p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_values_come_first() {
        let row = |value: u64, name: &str| (value, name.to_owned(), "/x".to_owned());
        let rows = ranked(
            vec![row(1, "c"), row(5, "b"), row(5, "a"), row(0, "d"), row(2, "e"), row(3, "f")],
            |n| n.to_string(),
            "#logs",
        );
        let shown: Vec<(&str, u64)> = rows.iter().map(|row| (row.name.as_str(), row.hundredths)).collect();
        assert_eq!(shown, [("a", 100), ("b", 100), ("f", 60), ("e", 40), ("c", 20)]);
        assert_eq!(rows[0].href, "/x#logs");
        assert!(ranked(Vec::new(), |n| n.to_string(), "").is_empty());
    }
}
