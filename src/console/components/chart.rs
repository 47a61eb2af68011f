//! A chart of callbacks: succeeded above the line, failed below it, so that colour is not all that tells them apart. Each bar of
//! a log leads to its own part of the range.

use leptos::prelude::*;

use crate::{
    console::{
        calls::{BarView, ChartView},
        components::{
            icon::{CROSS, Icon, TICK},
            time::Time,
        },
        viewer::lang,
    },
    messages::logs as say,
};

/// Width of a bar's place.
const PLACE: usize = 10;

/// The chart.
#[component]
pub(in crate::console) fn Chart(
    /// What it shows.
    chart: ChartView,
) -> impl IntoView {
    let lang = lang();
    let view_box = format!("0 0 {} 1000", chart.bars.len() * PLACE);
    let line = (chart.bars.len() * PLACE).to_string();
    let shapes = chart
        .bars
        .iter()
        .enumerate()
        .filter_map(|(at, bar)| Some(view! { <Shape at bar=bar.clone()? /> }));
    let shapes = shapes.collect_view();
    let links = chart.bars.into_iter().map(|bar| {
        let bar = bar.map(|bar| match bar.href {
            Some(href) => view! { <a href=href title=bar.text.clone() aria-label=bar.text></a> }.into_any(),
            None => view! { <span role="img" title=bar.text.clone() aria-label=bar.text></span> }.into_any(),
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
                <span class="bad">
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
                    {shapes}
                    <line class="base" x1="0" x2=line y1=chart.base y2=chart.base />
                </svg>
                <ol class="bars">{links.collect_view()}</ol>
            </div>
            <p class="axis" aria-hidden="true">
                {chart.axis.into_iter().map(|at| view! { <span>{at}</span> }).collect_view()}
            </p>
        </figure>
    }
}

#[component]
fn Shape(at: usize, bar: BarView) -> impl IntoView {
    let x = at * PLACE + 1;
    let shape = move |class: &'static str, (y, height): (i64, i64)| {
        view! { <rect class=class x=x.to_string() y=y.to_string() width="8" height=height.to_string() /> }
    };
    (bar.good.map(|good| shape("good", good)), bar.bad.map(|bad| shape("bad", bad)))
}
