//! The callbacks of the last hours, stacked by event type: the most frequent types, and all others together.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use leptos::prelude::*;

use crate::{
    console::{
        components::{chart::tab_stop, unseen::written_out},
        href::event_type_path,
        pages::log::load_chart::{axis, hour_bounds, scale, short, until},
        server::{dates::minute, type_name},
        viewer::lang,
    },
    domain::{event_type::EventType, timestamp::Timestamp},
    messages::{Lang, number, overview as say},
    storage::global_stats::TypeFigure,
};

/// The number of event types with a colour of their own.
const OWN: usize = 5;
/// The height of the drawing.
const HEIGHT: i64 = 1_000;
/// The horizontal distance between bars, in units of the drawing.
const PLACE: usize = 10;
/// The class of the parts of each series in the style sheet. The last one stands for all other types.
const CLASSES: [&str; OWN + 1] = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-rest"];

/// The chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypesChartView {
    /// The hours, oldest first.
    bars: Vec<BarView>,
    /// The series, the most frequent first.
    series: Vec<SeriesView>,
    /// The upper end of the scale, and its half.
    scale: (String, String),
    /// Times along the chart.
    axis: Vec<String>,
}

/// An hour.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BarView {
    /// The time and the counts. `None` for an hour without callbacks.
    text: Option<String>,
    /// Class, top and height of each part.
    parts: Vec<(&'static str, i64, i64)>,
}

/// An event type, or all others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SeriesView {
    class: &'static str,
    name: String,
    /// The page of the type.
    href: Option<String>,
    count: String,
}

/// The chart of these figures. `None` if there are none.
pub(super) fn types_chart(figures: &[TypeFigure], from: Timestamp, now: Timestamp, zone: &TimeZone, lang: Lang) -> Option<TypesChartView> {
    let mut sums: HashMap<&EventType, i64> = HashMap::new();
    for figure in figures {
        *sums.entry(&figure.event_type).or_default() += figure.count;
    }
    let mut order: Vec<(&EventType, i64)> = sums.into_iter().filter(|(_, sum)| *sum > 0).collect();
    order.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.as_str().cmp(other.0.as_str())));
    if order.is_empty() {
        return None;
    }
    let place: HashMap<&EventType, usize> = order.iter().enumerate().map(|(at, (name, _))| (*name, at.min(OWN))).collect();
    let bounds = hour_bounds(from, now);
    let mut counts = vec![[0_i64; OWN + 1]; bounds.len().saturating_sub(1)];
    for figure in figures {
        let hour = bounds.partition_point(|bound| *bound <= figure.at).saturating_sub(1);
        if let (Some(hour), Some(series)) = (counts.get_mut(hour), place.get(&figure.event_type))
            && let Some(count) = hour.get_mut(*series)
        {
            *count += figure.count;
        }
    }
    let most = scale(counts.iter().map(|hour| hour.iter().sum()).max().unwrap_or(0));
    let series = series(&order, lang);
    let bars = bounds.iter().zip(bounds.iter().skip(1)).zip(&counts);
    let bars = bars.map(|((begin, end), hour)| bar(hour, most, &series, (*begin, *end), zone, lang));
    Some(TypesChartView {
        bars: bars.collect(),
        scale: (short(most, lang), short(most / 2, lang)),
        axis: axis(&bounds, zone, lang),
        series,
    })
}

fn series(order: &[(&EventType, i64)], lang: Lang) -> Vec<SeriesView> {
    let own = order.iter().take(OWN).zip(CLASSES).map(|((event_type, sum), class)| SeriesView {
        class,
        name: type_name(event_type, lang),
        href: Some(event_type_path(event_type)),
        count: number(lang, sum.unsigned_abs()),
    });
    let rest: i64 = order.iter().skip(OWN).map(|(_, sum)| sum).sum();
    let others = order.len().saturating_sub(OWN);
    let rest = (others > 0).then(|| SeriesView {
        class: CLASSES[OWN],
        name: say::other_types(lang, others as u64),
        href: None,
        count: number(lang, rest.unsigned_abs()),
    });
    own.chain(rest).collect()
}

fn bar(
    hour: &[i64; OWN + 1],
    most: i64,
    series: &[SeriesView],
    (begin, end): (Timestamp, Timestamp),
    zone: &TimeZone,
    lang: Lang,
) -> BarView {
    let mut below = 0;
    let counted = hour.iter().zip(series).zip(CLASSES).filter(|((count, _), _)| **count > 0);
    let (mut parts, mut words) = (Vec::new(), Vec::new());
    for ((count, series), class) in counted {
        // Tops are computed from sums, so that rounding leaves no gaps.
        let bottom = HEIGHT * below / most;
        below += count;
        let top = HEIGHT * below / most;
        parts.push((class, HEIGHT - top, top - bottom));
        words.push(say::type_count(lang, count.unsigned_abs(), &series.name));
    }
    let text =
        (!words.is_empty()).then(|| say::type_bar(lang, &words.join(", "), &minute(begin, zone, lang), &until(begin, end, zone, lang)));
    BarView { text, parts }
}

/// The chart, with its legend.
#[component]
pub(super) fn TypesChart(
    /// The data.
    types: TypesChartView,
) -> impl IntoView {
    let lang = lang();
    let TypesChartView { bars, series, scale, axis } = types;
    let width = bars.len() * PLACE;
    let shapes = bars.iter().enumerate().flat_map(|(at, bar)| {
        bar.parts.iter().map(move |(class, top, height)| {
            view! { <rect class=*class x=(at * PLACE + 1).to_string() y=top.to_string() width="8" height=height.to_string() /> }
        })
    });
    let shapes = shapes.collect_view();
    let last = bars.iter().rposition(|bar| bar.text.is_some());
    let tips = bars.into_iter().enumerate().map(|(at, bar)| {
        let tip = bar.text.map(|text| {
            let name = text.clone();
            view! {
                <span role="img" class="bar" aria-label=name tabindex=tab_stop(Some(at) == last)>
                    <span class="tip" aria-hidden="true">
                        {text}
                    </span>
                </span>
            }
        });
        view! { <li>{tip}</li> }
    });
    let legend = series.into_iter().map(|series| {
        let name = written_out(&series.name);
        let name = match series.href {
            Some(href) => view! { <a href=href>{name}</a> }.into_any(),
            None => view! { <span>{name}</span> }.into_any(),
        };
        view! {
            <li>
                <span class=format!("swatch {}", series.class) aria-hidden="true"></span>
                {name}
                <span class="hint">{series.count}</span>
            </li>
        }
    });
    view! {
        <div class="card hours" id="event-types">
            <h2>{say::by_type(lang)}</h2>
            <figure class="chart" aria-label=say::by_type(lang)>
                <figcaption>
                    <ul class="series">{legend.collect_view()}</ul>
                </figcaption>
                <div class="plot">
                    <svg viewBox=format!("0 0 {width} 1000") preserveAspectRatio="none" aria-hidden="true">
                        <line class="grid" x1="0" x2=width.to_string() y1="500" y2="500" />
                        {shapes}
                        <line class="base" x1="0" x2=width.to_string() y1="1000" y2="1000" />
                    </svg>
                    <p class="scale" aria-hidden="true">
                        <span>{scale.0}</span>
                        <span>{scale.1}</span>
                    </p>
                    <ol class="bars">{tips.collect_view()}</ol>
                </div>
                <p class="axis" aria-hidden="true">
                    {axis.into_iter().map(|at| view! { <span>{at}</span> }).collect_view()}
                </p>
            </figure>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(at: &str, event_type: &str, count: i64) -> TypeFigure {
        TypeFigure {
            at: Timestamp::parse(at).unwrap(),
            event_type: EventType::of_stored(event_type),
            count,
        }
    }

    #[test]
    fn the_most_frequent_types_are_stacked_and_the_others_are_added_up() {
        let figures: Vec<_> = ["a", "b", "c", "d", "e", "f", "g"]
            .iter()
            .zip(1..)
            .flat_map(|(name, count)| {
                [
                    figure("2026-11-28T09:00:00Z", name, count),
                    figure("2026-11-28T11:00:00Z", name, 2 * count),
                ]
            })
            .collect();
        let (from, now) = (figures[0].at, Timestamp::parse("2026-11-28T11:30:00Z").unwrap());
        let chart = types_chart(&figures, from, now, &TimeZone::UTC, Lang::En).unwrap();
        let names: Vec<_> = chart
            .series
            .iter()
            .map(|series| (series.name.as_str(), series.count.as_str()))
            .collect();
        assert_eq!(
            names,
            [("g", "21"), ("f", "18"), ("e", "15"), ("d", "12"), ("c", "9"), ("2 others", "9")]
        );
        assert_eq!(chart.bars.len(), 3);
        assert!(chart.bars[1].text.is_none() && chart.bars[1].parts.is_empty());
        // The parts stand on each other without gaps, up to the sum of the hour.
        for (bar, sum) in [(&chart.bars[0], 28), (&chart.bars[2], 56)] {
            let mut bottom = HEIGHT;
            for (_, top, height) in &bar.parts {
                assert_eq!(top + height, bottom);
                bottom = *top;
            }
            assert_eq!(bottom, HEIGHT - HEIGHT * sum / 60);
        }
        let text = chart.bars[2].text.clone().unwrap();
        assert!(text.contains("g: 14") && text.contains("2 others: 6"), "{text}");
        assert_eq!(types_chart(&[], from, now, &TimeZone::UTC, Lang::En), None);
    }
}
