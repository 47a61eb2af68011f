//! The map of flows: which event types go to which webhooks, of the newest callbacks, and how many fail. Lines are as thick as the number of callbacks.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            help::{HelpTip, Topic},
            unseen::written_out,
        },
        href::event_type_path,
        server::type_name,
        viewer::lang,
    },
    domain::{callback::Outcome, event_type::EventType, id::WebhookId},
    messages::{Lang, overview as say},
    storage::recent::RecentCallback,
};

/// The number of rows of each side. The last one stands for all others if there are more.
const ROWS: usize = 6;
/// The height of a row of the drawing.
const HEIGHT: u64 = 100;
/// The thickness of the thickest row.
const THICK: u64 = 72;

/// The map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowsView {
    event_types: Vec<EndView>,
    webhooks: Vec<EndView>,
    lines: Vec<LineView>,
}

/// An event type or a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
struct EndView {
    name: String,
    /// The address of its page. `None` for all others together.
    href: Option<String>,
    sums: Sums,
}

/// A line between them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LineView {
    class: &'static str,
    /// The outline.
    path: String,
    text: String,
}

/// Numbers of callbacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    all: u64,
    failed: u64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.failed += other.failed;
    }

    /// Failures are red from a tenth on, because a line has one colour.
    const fn class(self) -> &'static str {
        match self.failed {
            0 => "flow-ok",
            failed if failed * 10 >= self.all => "flow-bad",
            _ => "flow-part",
        }
    }
}

/// The map of these callbacks. `None` without any. Callbacks of deleted webhooks, which have no name, are left out.
pub(super) fn flows(recent: &[RecentCallback], names: &HashMap<WebhookId, String>, lang: Lang) -> Option<FlowsView> {
    let mut counts: HashMap<(&str, WebhookId), Sums> = HashMap::new();
    for callback in recent.iter().filter(|callback| names.contains_key(&callback.webhook())) {
        let failed = u64::from(callback.outcome == Outcome::Failed.as_str());
        let key = (callback.event_type.as_str(), callback.webhook());
        counts.entry(key).or_default().add(Sums { all: 1, failed });
    }
    let counts: Vec<_> = counts.into_iter().map(|((event, webhook), sums)| (event, webhook, sums)).collect();
    if counts.is_empty() {
        return None;
    }
    let types = ranked(counts.iter().map(|(event, _, sums)| (*event, *sums)), |event| (*event).to_owned());
    let webhooks = ranked(counts.iter().map(|(_, webhook, sums)| (*webhook, *sums)), |webhook| {
        format!("{} {webhook}", names.get(webhook).map_or("", String::as_str))
    });
    let mut between: HashMap<(usize, usize), Sums> = HashMap::new();
    for (event, webhook, sums) in &counts {
        between.entry((row(&types, event), row(&webhooks, webhook))).or_default().add(*sums);
    }
    let event_types = ends(
        &types,
        |count| say::other_types(lang, count),
        |event| {
            let event = EventType::of_stored(event);
            (type_name(&event, lang), event_type_path(&event))
        },
    );
    let webhooks = ends(
        &webhooks,
        |count| say::other_webhooks(lang, count),
        |webhook| (names.get(webhook).cloned().unwrap_or_default(), format!("/webhooks/{webhook}#logs")),
    );
    let mut between: Vec<_> = between.into_iter().collect();
    between.sort_by_key(|(rows, _)| *rows);
    let lines = lines(&between, &event_types, &webhooks, lang);
    Some(FlowsView {
        event_types,
        webhooks,
        lines,
    })
}

/// The keys with their sums, the highest first; equal ones by name.
fn ranked<K: Copy + Eq + std::hash::Hash>(counts: impl Iterator<Item = (K, Sums)>, name: impl Fn(&K) -> String) -> Vec<(K, Sums)> {
    let mut sums: HashMap<K, Sums> = HashMap::new();
    for (key, count) in counts {
        sums.entry(key).or_default().add(count);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_cached_key(|(key, sums)| (std::cmp::Reverse(sums.all), name(key)));
    sums
}

/// The row of a key: its place, or that of all others.
fn row<K: PartialEq>(ranked: &[(K, Sums)], key: &K) -> usize {
    let place = ranked.iter().position(|(other, _)| other == key).unwrap_or(0);
    if ranked.len() > ROWS { place.min(ROWS - 1) } else { place }
}

fn ends<K>(ranked: &[(K, Sums)], others: impl Fn(u64) -> String, named: impl Fn(&K) -> (String, String)) -> Vec<EndView> {
    let own = if ranked.len() > ROWS { ROWS - 1 } else { ranked.len() };
    let (own, rest) = ranked.split_at(own);
    let rows = own.iter().map(|(key, sums)| {
        let (name, href) = named(key);
        EndView {
            name,
            href: Some(href),
            sums: *sums,
        }
    });
    let rest = (!rest.is_empty()).then(|| {
        let mut sums = Sums::default();
        for (_, more) in rest {
            sums.add(*more);
        }
        EndView {
            name: others(rest.len() as u64),
            href: None,
            sums,
        }
    });
    rows.chain(rest).collect()
}

/// The lines, stacked on each other at both ends.
fn lines(between: &[((usize, usize), Sums)], event_types: &[EndView], webhooks: &[EndView], lang: Lang) -> Vec<LineView> {
    let most = event_types.iter().chain(webhooks).map(|end| end.sums.all).max().unwrap_or(1).max(1);
    let thickness = |count: u64| (THICK * count).div_ceil(most).max(2);
    let start = |ends: &[EndView]| -> Vec<u64> {
        let rows = ends.iter().zip(0_u64..);
        rows.map(|(end, row)| row * HEIGHT + (HEIGHT - thickness(end.sums.all).min(HEIGHT)) / 2)
            .collect()
    };
    let (mut left, mut right) = (start(event_types), start(webhooks));
    let mut drawn = Vec::new();
    for ((event, webhook), sums) in between {
        let (Some(from), Some(to)) = (left.get_mut(*event), right.get_mut(*webhook)) else {
            continue;
        };
        let thick = thickness(sums.all);
        let (top, end) = (*from, *to);
        (*from, *to) = (top + thick, end + thick);
        let (bottom, end_bottom) = (top + thick, end + thick);
        let name = |ends: &[EndView], at: usize| ends.get(at).map_or_else(String::new, |end| end.name.clone());
        drawn.push(LineView {
            class: sums.class(),
            path: format!("M0,{top}C50,{top} 50,{end} 100,{end}V{end_bottom}C50,{end_bottom} 50,{bottom} 0,{bottom}Z"),
            text: say::flow(lang, sums.all, &name(event_types, *event), sums.failed, &name(webhooks, *webhook)),
        });
    }
    drawn
}

/// The map, and the same as a list for those who do not see it.
#[component]
pub(super) fn Flows(
    /// The data.
    flows: FlowsView,
) -> impl IntoView {
    let lang = lang();
    let rows = flows.event_types.len().max(flows.webhooks.len()) as u64;
    let end = |end: EndView| {
        let name = written_out(&end.name);
        let name = match end.href {
            Some(href) => view! { <a href=href title=end.name.clone()>{name}</a> }.into_any(),
            None => view! { <span>{name}</span> }.into_any(),
        };
        let failed = (end.sums.failed > 0).then(|| view! { <span class="flow-failed">{say::flow_failed(lang, end.sums.failed)}</span> });
        view! {
            <li>
                {name} <span class="hint nowrap">{say::plain(lang, end.sums.all)}</span> {failed}
            </li>
        }
    };
    let shapes = flows.lines.iter().map(|line| {
        view! {
            <path class=line.class d=line.path.clone()>
                <title>{line.text.clone()}</title>
            </path>
        }
    });
    let shapes = shapes.collect_view();
    let words = flows.lines.into_iter().map(|line| view! { <li>{line.text}</li> });
    view! {
        <section class="card flows" aria-labelledby="flows">
            <div class="titled">
                <h2 id="flows">{say::flows(lang)}</h2>
                <HelpTip topic=Topic::Flows heading=say::flows(lang) />
            </div>
            <div class="flow-map">
                <ul class="flow-ends">{flows.event_types.into_iter().map(end).collect_view()}</ul>
                <svg class="flow-lines" viewBox=format!("0 0 100 {}", rows * HEIGHT) preserveAspectRatio="none" aria-hidden="true">
                    {shapes}
                </svg>
                <ul class="flow-ends">{flows.webhooks.into_iter().map(end).collect_view()}</ul>
            </div>
            <ul class="visually-hidden" aria-label=say::flows(lang)>
                {words.collect_view()}
            </ul>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(name: &str, all: u64) -> EndView {
        EndView {
            name: name.to_owned(),
            href: None,
            sums: Sums { all, failed: 0 },
        }
    }

    #[test]
    fn the_most_frequent_have_rows_of_their_own_and_the_others_share_one() {
        let counts = (1..=9_u64).map(|count| {
            (
                count,
                Sums {
                    all: count,
                    failed: count % 2,
                },
            )
        });
        let ranked = ranked(counts, u64::to_string);
        let ends = ends(&ranked, |count| format!("{count} others"), |key| (key.to_string(), String::new()));
        let shown: Vec<_> = ends.iter().map(|end| (end.name.as_str(), end.sums.all)).collect();
        assert_eq!(shown, [("9", 9), ("8", 8), ("7", 7), ("6", 6), ("5", 5), ("4 others", 10)]);
        assert_eq!((row(&ranked, &9), row(&ranked, &5), row(&ranked, &1)), (0, 4, 5));
    }

    #[test]
    fn lines_are_stacked_at_both_ends() {
        let (types, webhooks) = ([end("a", 3), end("b", 1)], [end("x", 4)]);
        let sums = |all| Sums { all, failed: 0 };
        let lines = lines(&[((0, 0), sums(3)), ((1, 0), sums(1))], &types, &webhooks, Lang::En);
        assert_eq!(lines[0].path, "M0,23C50,23 50,14 100,14V68C50,68 50,77 0,77Z");
        assert_eq!(lines[1].path, "M0,141C50,141 50,68 100,68V86C50,86 50,159 0,159Z");
    }

    #[test]
    fn a_line_says_whether_callbacks_fail() {
        let class = |all, failed| Sums { all, failed }.class();
        assert_eq!(
            [class(10, 0), class(100, 9), class(100, 10), class(1, 1)],
            ["flow-ok", "flow-part", "flow-bad", "flow-bad"]
        );
    }
}
