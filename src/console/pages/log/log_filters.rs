//! The range of a log, its filters, and the export.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            filter_sheet::{FilterSheet, SheetButton, set_text},
            popup::Popup,
            query_form::QueryForm,
        },
        pages::log::{
            log_choices::{ChoiceView, PresetView},
            log_query::LogQuery,
        },
        viewer::lang,
    },
    messages::{common, logs as say},
};

/// The id of the sheet with the range.
const RANGE: &str = "log-range";
/// The id of the fields of a custom range.
const CUSTOM: &str = "log-custom";
/// The id of the sheet with the filters.
const FILTERS: &str = "log-filters";

/// The buttons that open the sheets on a phone. The one of the range has the name of the preset; without presets there is none.
#[component]
pub(super) fn SheetButtons(presets: Vec<PresetView>, asked: LogQuery) -> impl IntoView {
    let lang = lang();
    let range = (!presets.is_empty()).then(|| {
        let chosen = presets.into_iter().find(|preset| preset.current);
        let range = chosen.map_or_else(|| say::range(lang), |preset| preset.text);
        let name = common::named(lang, say::range(lang), range);
        view! { <SheetButton sheet=RANGE name>{range}</SheetButton> }
    });
    let set = [&asked.response, &asked.event, &asked.q].into_iter().flatten().count();
    view! {
        {range}
        <SheetButton sheet=FILTERS>
            {common::filters(lang)} " " <span id="log-filters-set" data-log-search="true">
                {set_text(set)}
            </span>
        </SheetButton>
    }
}

/// The preset ranges and the form for a custom one.
#[component]
pub(super) fn RangeSheet(
    presets: Vec<PresetView>,
    path: String,
    asked: LogQuery,
    from: String,
    to: String,
    is_wrong: bool,
) -> impl IntoView {
    let form = view! { <RangeForm path asked from to is_wrong /> };
    // What is wrong stands beside the fields, so they are in sight. On a phone the sheet shows the fields without a button.
    let custom = if is_wrong {
        form.into_any()
    } else {
        view! {
            <button type="button" class="button small custom-range" popovertarget=CUSTOM>
                {say::custom(lang())}
            </button>
            <div class="popup ask custom-range-fields" id=CUSTOM popover="auto">
                {form}
            </div>
        }
        .into_any()
    };
    view! {
        <FilterSheet id=RANGE heading=say::range(lang())>
            <Presets presets />
            {custom}
        </FilterSheet>
    }
}

/// The preset ranges, with short names where they stand in the bar.
#[component]
fn Presets(presets: Vec<PresetView>) -> impl IntoView {
    let links = presets.into_iter().map(|preset| {
        view! {
            <a href=preset.href aria-current=preset.current.then_some("true")>
                <span class="short" aria-hidden="true">
                    {preset.short}
                </span>
                <span class="whole">{preset.text}</span>
            </a>
        }
    });
    view! {
        <nav class="segments" id="log-presets" aria-label=say::range(lang()) data-log-search="true">
            {links.collect_view()}
        </nav>
    }
}

/// The form for a custom range.
#[component]
fn RangeForm(path: String, asked: LogQuery, from: String, to: String, is_wrong: bool) -> impl IntoView {
    let lang = lang();
    // A step of one second lets the field show seconds.
    let step = |value: &str| (value.len() > "2026-11-23T09:00".len()).then_some("1");
    let (step_from, step_to) = (step(&from), step(&to));
    let invalid = is_wrong.then_some("true");
    view! {
        <QueryForm action=format!("{path}#logs") class="range" search=false>
            <label>
                {say::from(lang)} " "
                <input type="datetime-local" name="from" required step=step_from value=from aria-invalid=invalid aria-describedby="range-error" />
            </label>
            <label>
                {say::to(lang)} " "
                <input type="datetime-local" name="to" required step=step_to value=to aria-invalid=invalid aria-describedby="range-error" />
            </label>
            <Kept name="response" value=asked.response />
            <Kept name="event" value=asked.event />
            <span id="log-range-search" data-log-search="true" hidden>
                <Kept name="q" value=asked.q />
            </span>
            <Kept name="times" value=asked.times />
            <Kept name="list" value=asked.list />
            <button class="button" type="submit">
                {say::show(lang)}
            </button>
        </QueryForm>
    }
}

/// The filters for response and event, and the search. With scripts, choosing an option submits them, and typing searches (`log_follower`).
#[component]
pub(super) fn Filters(path: String, asked: LogQuery, responses: Vec<ChoiceView>, events: Vec<ChoiceView>) -> impl IntoView {
    let lang = lang();
    view! {
        <FilterSheet id=FILTERS heading=common::filters(lang)>
        <QueryForm action=format!("{path}#logs") class="filters log-search" search=true>
            <Kept name="range" value=asked.range />
            <Kept name="from" value=asked.from />
            <Kept name="to" value=asked.to />
            <Kept name="times" value=asked.times />
            <Kept name="list" value=asked.list />
            <Choice name="response" label=say::response(lang) choices=responses />
            <Choice name="event" label=say::event(lang) choices=events />
            <input type="search" name="q" value=asked.q placeholder=say::search(lang) aria-label=say::search(lang) maxlength="300" autocomplete="off" spellcheck="false" />
            <button class="button no-scripts" type="submit">
                {say::filter(lang)}
            </button>
        </QueryForm>
        </FilterSheet>
    }
}

/// The links to the rows as a file.
#[component]
pub(super) fn Export(csv: String, jsonl: String) -> impl IntoView {
    let lang = lang();
    view! {
        <Popup id="export".to_owned() text=say::export(lang)>
            <a href=csv rel="external" download>
                {say::export_csv(lang)}
            </a>
            <a href=jsonl rel="external" download>
                {say::export_jsonl(lang)}
            </a>
        </Popup>
    }
}

/// A part of the query that a form keeps.
#[component]
fn Kept(name: &'static str, value: Option<String>) -> impl IntoView {
    value.map(|value| view! { <input type="hidden" name=name value=value /> })
}

#[component]
fn Choice(name: &'static str, label: &'static str, choices: Vec<ChoiceView>) -> impl IntoView {
    let options = choices.into_iter().map(|choice| {
        view! {
            <option value=choice.value selected=choice.current>
                {choice.text}
            </option>
        }
    });
    view! {
        <select name=name aria-label=label>
            {options.collect_view()}
        </select>
    }
}
