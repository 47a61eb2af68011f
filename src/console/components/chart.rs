//! A chart of callbacks. Failed ones stand on the succeeded ones, with a gap and in stripes, so that colour is not the only difference. Each bar of a
//! log is a link to its own part of the range. The numbers of a bar appear when the mouse or the focus is on it.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            icon::{CROSS, Icon, TICK},
            time::{Time, TimeView},
        },
        viewer::lang,
    },
    messages::logs as say,
};

/// The horizontal distance between bars, in units of the drawing.
const PLACE: usize = 10;

/// The id of the pattern of failed callbacks. A page has one such chart.
const PATTERN: &str = "failed-callbacks";

/// A bar of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarView {
    /// The log of this bar alone, if the chart shows one webhook.
    pub href: Option<String>,
    /// The time and the counts of the bar.
    pub text: String,
    /// Top and height of the succeeded callbacks, of 1,000.
    pub good: Option<(i64, i64)>,
    /// Top and height of the failed callbacks.
    pub bad: Option<(i64, i64)>,
}

/// The data of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartView {
    /// The bars, oldest first. `None` for a time without callbacks.
    pub bars: Vec<Option<BarView>>,
    /// The upper end of the scale, and its half.
    pub scale: (String, String),
    /// "1,284 callbacks".
    pub total: String,
    /// "1,251 succeeded".
    pub succeeded: String,
    /// "33 failed".
    pub failed: String,
    /// Whether any failed.
    pub has_failed: bool,
    /// "median 39 ms".
    pub median: Option<String>,
    /// The time of the oldest callback that was counted, if there were too many to count all.
    pub begins: Option<TimeView>,
    /// Times along the chart.
    pub axis: Vec<String>,
}

/// The chart.
#[component]
pub(in crate::console) fn Chart(
    /// The data.
    chart: ChartView,
) -> impl IntoView {
    let lang = lang();
    let view_box = format!("0 0 {} 1000", chart.bars.len() * PLACE);
    let line = (chart.bars.len() * PLACE).to_string();
    let half = line.clone();
    let failed_class = if chart.has_failed { "bad" } else { "none-failed" };
    let (most, middle) = chart.scale;
    let shapes = chart
        .bars
        .iter()
        .enumerate()
        .filter_map(|(at, bar)| Some(view! { <Shape at bar=bar.clone()? /> }));
    let shapes = shapes.collect_view();
    let last = chart.bars.iter().rposition(Option::is_some);
    let links = chart.bars.into_iter().enumerate().map(|(at, bar)| {
        let bar = bar.map(|bar| {
            let name = bar.text.clone();
            match bar.href {
                Some(href) => view! {
                    <a href=href aria-label=name>
                        <span class="tip" aria-hidden="true">
                            {bar.text}
                        </span>
                    </a>
                }
                .into_any(),
                None => view! {
                    <span role="img" class="bar" aria-label=name tabindex=tab_stop(Some(at) == last)>
                        <span class="tip" aria-hidden="true">
                            {bar.text}
                        </span>
                    </span>
                }
                .into_any(),
            }
        });
        view! { <li>{bar}</li> }
    });
    view! {
        <figure class="chart" aria-label=say::chart(lang)>
            <figcaption class="legend">
                <strong>{chart.total}</strong>
                <span class="good">
                    <Icon path=TICK />
                    {chart.succeeded}
                </span>
                <span class=failed_class>
                    <Icon path=CROSS />
                    {chart.failed}
                </span>
                {chart.median.map(|median| view! { <span>{median}</span> })}
                {chart
                    .begins
                    .map(|at| {
                        view! {
                            <span>
                                {say::chart_begins(lang)} " " <Time at />
                            </span>
                        }
                    })}
            </figcaption>
            <div class="plot">
                <svg viewBox=view_box preserveAspectRatio="none" aria-hidden="true">
                    <pattern id=PATTERN width="10" height="54" patternUnits="userSpaceOnUse">
                        <rect class="bad" width="10" height="36" />
                        <rect class="bad between" y="36" width="10" height="18" />
                    </pattern>
                    <line class="grid" x1="0" x2=half y1="500" y2="500" />
                    {shapes}
                    <line class="base" x1="0" x2=line y1="1000" y2="1000" />
                </svg>
                <p class="scale" aria-hidden="true">
                    <span>{most}</span>
                    <span>{middle}</span>
                </p>
                <ol class="bars">{links.collect_view()}</ol>
            </div>
            <p class="axis" aria-hidden="true">
                {chart.axis.into_iter().map(|at| view! { <span>{at}</span> }).collect_view()}
            </p>
        </figure>
    }
}

/// One bar of a chart can be reached with the Tab key: the newest. From there, the arrow keys lead to the others (`console::client::bars`).
pub(in crate::console) const fn tab_stop(is_newest: bool) -> &'static str {
    if is_newest { "0" } else { "-1" }
}

#[component]
fn Shape(at: usize, bar: BarView) -> impl IntoView {
    let x = at * PLACE + 1;
    let shape = move |class: &'static str, (y, height): (i64, i64)| {
        view! { <rect class=class x=x.to_string() y=y.to_string() width="8" height=height.to_string() /> }
    };
    let failed = bar.bad.map(|(y, height)| {
        view! {
            <rect class="failed" fill=format!("url(#{PATTERN})") x=x.to_string() y=y.to_string() width="8" height=height.to_string() />
        }
    });
    (bar.good.map(|good| shape("good", good)), failed)
}
