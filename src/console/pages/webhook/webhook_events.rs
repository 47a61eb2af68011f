//! The event types in the form of a webhook: a list in groups that can be filtered, and on top what is chosen. It works without scripts;
//! `event_picker` makes it live.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            field::Required,
            icon::{self, CROSS, DOWNLOAD, Icon, NavIcon},
            unseen::written_out,
        },
        error_view::{ErrorView, error_of},
        href::event_type_path,
        islands::{FieldError, takes_focus},
        pages::webhook::{
            event_choice::{EventChoice, GroupChoice, TypeChoice},
            event_downloads::{schema_path, schemas_of_chosen},
            event_picker::EventPicker,
            load_form::FormView,
            save::Intent,
        },
        pages::webhooks::list_origin::with_list,
    },
    domain::event_type::{EventPattern, EventType, EventTypeState},
    messages::{Lang, visible, webhook as say},
};

/// Up to this number of event types all groups are open.
const OPEN_MAX: usize = 24;
/// From this number of event types on the list scrolls within the page.
const SCROLLS_FROM: usize = 41;

/// What is chosen.
struct Chosen<'a> {
    keys: &'a [String],
    patterns: Vec<EventPattern>,
    filter: &'a str,
    /// The type whose checkbox takes the focus if nothing is chosen and something has to be.
    first: Option<&'a str>,
    lang: Lang,
}

impl<'a> Chosen<'a> {
    fn of(form: &'a FormView, lang: Lang) -> Self {
        let (choice, keys) = (&form.choice, &form.form.events);
        // A checkbox in a closed group cannot take the focus; then the filter does.
        let all_open = choice.count() <= OPEN_MAX;
        let first = choice.types().find(|one| all_open && one.may_be_added());
        let patterns = keys.iter().filter(|event| event.ends_with('*'));
        Self {
            keys,
            patterns: patterns.map(|pattern| EventPattern::of_stored(pattern)).collect(),
            filter: form.form.events_filter.trim(),
            first: first.map(|one| one.key.as_str()),
            lang,
        }
    }
}

impl Chosen<'_> {
    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|chosen| chosen == key)
    }

    /// Whether a pattern includes the type, so that its own checkbox says nothing.
    fn covers(&self, choice: &TypeChoice) -> bool {
        !self.has(&choice.key) && choice.may_be_added() && choice.is_matched(&self.patterns)
    }

    fn receives(&self, choice: &TypeChoice) -> bool {
        self.has(&choice.key) || self.covers(choice)
    }

    /// Archived types are only shown where they are chosen.
    fn shows(&self, choice: &TypeChoice) -> bool {
        self.has(&choice.key) || choice.may_be_added()
    }
}

/// Whether there are so many event types that a page shows them only to whoever changes the choice.
pub(super) fn is_long(form: &FormView) -> bool {
    form.choice.count() >= SCROLLS_FROM
}

/// What is chosen, while the section is closed and there are many event types: all of them would be most of the page, and whoever reads the log
/// needs none. The form sends what is stored.
pub(super) fn events_folded(form: &FormView, id: &str, lang: Lang) -> AnyView {
    let chosen = Chosen::of(form, lang);
    let kept = form
        .form
        .events
        .iter()
        .map(|key| view! { <input type="hidden" name="events" value=key.clone() /> });
    view! {
        <div class="picker" id="events" tabindex="-1">
            {schemas_of_chosen(&form.choice, &form.form.events, lang)}
            {chosen_view(&form.choice, &chosen)}
            {kept.collect_view()}
            <p>
                <a class="button" href=with_list(&format!("/webhooks/{id}?edit=all#event"))>
                    {say::events_change(lang)}
                </a>
            </p>
        </div>
    }
    .into_any()
}

/// The picker of event types: the content of the section "Event".
pub(super) fn events(form: &FormView, errors: &[ErrorView], lang: Lang) -> AnyView {
    let error = error_of(errors, "events");
    let describe = error.as_ref().map(|_| "events-error");
    let choice = &form.choice;
    let chosen = Chosen::of(form, lang);
    let shown = choice.types().filter(|one| chosen.shows(one)).count();
    let received = choice.types().filter(|one| chosen.receives(one)).count();
    let groups = choice
        .groups
        .iter()
        .enumerate()
        .map(|(at, group)| group_view(at, group, shown, &chosen))
        .collect_view();
    let scrolls = shown >= SCROLLS_FROM;
    let is_found = choice.types().any(|one| chosen.shows(one) && one.fits(chosen.filter));
    view! {
        <div class="picker" role="group" aria-labelledby="event-heading" aria-describedby=describe id="events" tabindex="-1" data-picker="">
            <FieldError id="events".to_owned() error />
            <div class="picker-head">
                <p class="picker-count" role="status" data-total="">
                    {say::events_chosen(lang, &received.to_string(), &shown.to_string())}
                </p>
                <Required />
                {schemas_of_chosen(choice, &form.form.events, lang)}
            </div>
            {chosen_view(choice, &chosen)}
            {every_event(&chosen)}
            {search(&chosen)}
            <div class="picker-list" class:scrolls=scrolls tabindex=scrolls.then_some("0") role=scrolls.then_some("group") aria-label=scrolls.then(|| say::event(lang))>
                {groups}
                {patterns_view(choice, &chosen)}
            </div>
            <p class="hint" data-none="" hidden=is_found>
                {say::events_none(lang)}
            </p>
            <p class="hint none-chosen">{say::events_none_chosen(lang)}</p>
            {templates(lang)}
            <EventPicker />
        </div>
    }
    .into_any()
}

/// What is chosen, in the order of the catalogue.
fn chosen_view(choice: &EventChoice, chosen: &Chosen<'_>) -> AnyView {
    let lang = chosen.lang;
    let types = choice.types().filter(|one| chosen.has(&one.key)).map(|one| {
        view! {
            <li>
                <span dir="auto">{written_out(&one.name)}</span>
                {download(&one.key, &visible(&one.name), lang)}
            </li>
        }
    });
    let patterns = chosen.patterns.iter().map(|pattern| {
        view! {
            <li class="pattern">
                <code>{pattern.to_string()}</code>
            </li>
        }
    });
    view! {
        <ul class="chips" data-chips="" aria-label=say::events_list(lang)>
            {patterns.collect_view()}
            {types.collect_view()}
        </ul>
    }
    .into_any()
}

/// The link that downloads a schema. With scripts the same is made from a template.
fn download(key: &str, name: &str, lang: Lang) -> AnyView {
    view! {
        <a class="button small get" href=schema_path(key) rel="external" download aria-label=say::download_schema_of(lang, name)>
            <Icon path=DOWNLOAD />
            <span>{say::download_schema(lang)}</span>
        </a>
    }
    .into_any()
}

/// The choice of all events.
fn every_event(chosen: &Chosen<'_>) -> AnyView {
    let lang = chosen.lang;
    view! {
        <div class="picker-all">
            <label class="tick">
                <input type="checkbox" name="events" value="*" checked=chosen.has("*") aria-describedby="events-all-hint" />
                {say::events_all(lang)}
            </label>
            <p class="hint" id="events-all-hint">
                {say::events_all_hint(lang)}
            </p>
        </div>
    }
    .into_any()
}

/// The filter. Without scripts its button sends the form, which is shown again with everything that was typed and ticked.
fn search(chosen: &Chosen<'_>) -> AnyView {
    let lang = chosen.lang;
    let filter = chosen.filter.to_owned();
    view! {
        <div class="picker-search">
            <input
                type="search"
                id="events-filter"
                name="events_filter"
                value=filter.clone()
                placeholder=say::events_filter_example(lang)
                aria-label=say::events_filter(lang)
                autocomplete="off"
                spellcheck="false"
                autofocus=takes_focus("events-filter") || (takes_focus("events") && chosen.first.is_none())
                data-aside=""
            />
            <input type="hidden" name="events_filtered" value=filter />
            <button class="button no-script" type="submit" name="intent" value=Intent::FilterEvents.to_string() formnovalidate>
                {say::events_filter_now(lang)}
            </button>
            <label class="tick">
                <input type="checkbox" data-aside="" data-only="" />
                {say::events_only(lang)}
            </label>
        </div>
    }
    .into_any()
}

fn group_view(at: usize, group: &GroupChoice, count_of_all: usize, chosen: &Chosen<'_>) -> Option<AnyView> {
    let lang = chosen.lang;
    let shown: Vec<&TypeChoice> = group.types.iter().filter(|one| chosen.shows(one)).collect();
    if shown.is_empty() {
        return None;
    }
    let received = shown.iter().filter(|one| chosen.receives(one)).count();
    let is_found = shown.iter().any(|one| one.fits(chosen.filter));
    let open = count_of_all <= OPEN_MAX || received > 0 || (!chosen.filter.is_empty() && is_found) || takes_focus(&group.id);
    let count = say::events_chosen_of_group(lang, &received.to_string(), &shown.len().to_string());
    let is_full = received == shown.len();
    let rows = shown.into_iter().map(|one| row(one, chosen)).collect_view();
    let name = visible(&group.name);
    let sign = group.types.first().map(|one| icon::of_event(&one.key));
    let future = group.pattern.clone().map(|pattern| {
        view! {
            <label class="tick future">
                <input
                    type="checkbox"
                    name="events"
                    value=pattern.clone()
                    checked=chosen.has(&pattern)
                    aria-label=say::events_future_of(lang, &name, &pattern)
                />
                {say::events_future(lang)}
            </label>
        }
    });
    Some(
        view! {
            <div class="group" hidden=!is_found>
                <input class="group-all" type="checkbox" data-aside="" data-all="" checked=is_full aria-label=say::events_group_all(lang, &name) />
                <div class="group-choice">
                    <button class="quiet no-script" type="submit" name="intent" value=Intent::ChooseGroup(at).to_string() formnovalidate aria-label=say::events_group_all(lang, &name)>
                        {say::events_choose_all(lang)}
                    </button>
                    {future}
                </div>
                <details open=open>
                    <summary id=group.id.clone() autofocus=takes_focus(&group.id)>
                        <span dir="auto">{sign.map(|path| view! { <NavIcon path /> })} {name.clone()}</span>
                        <span class="group-count" data-count="">
                            {count}
                        </span>
                    </summary>
                    <ul>{rows}</ul>
                </details>
            </div>
        }
        .into_any(),
    )
}

fn row(one: &TypeChoice, chosen: &Chosen<'_>) -> AnyView {
    let lang = chosen.lang;
    let id = format!("event-{}", one.key);
    let covers = chosen.covers(one);
    let name = visible(&one.name);
    let state = match (one.state, &one.replaced_by) {
        (EventTypeState::Active, _) => None,
        (EventTypeState::Deprecated, None) => Some(say::events_deprecated(lang).to_owned()),
        (EventTypeState::Deprecated, Some(other)) => Some(say::events_replaced(lang, other)),
        (EventTypeState::Archived, _) => Some(say::events_archived(lang).to_owned()),
    };
    let summary = state
        .clone()
        .map_or_else(|| one.summary.clone(), |state| format!("{state} {}", one.summary));
    view! {
        <li class="row" hidden=!one.fits(chosen.filter)>
            <input
                type="checkbox"
                id=id.clone()
                name="events"
                value=one.key.clone()
                checked=chosen.receives(one)
                disabled=covers
                autofocus=chosen.first == Some(one.key.as_str()) && takes_focus("events")
                aria-describedby=format!("{id}-about")
            />
            <label for=id.clone() dir="auto">{written_out(&one.name)}</label>
            <code>{one.key.clone()}</code>
            <span class=if state.is_some() { "row-about warn" } else { "row-about" } id=format!("{id}-about") dir="auto">
                {written_out(&summary)}
            </span>
            <a class="row-fields" href=event_type_path(&EventType::of_stored(&one.key)) target="_blank" rel="external" aria-label=say::events_fields_of(lang, &name)>
                {say::events_fields(lang)}
            </a>
            // By keyboard the schema is reached through what is chosen, or through the fields: a third stop in each row would be one too many.
            <a class="get" tabindex="-1" href=schema_path(&one.key) rel="external" download aria-label=say::download_schema_of(lang, &name)>
                <Icon path=DOWNLOAD />
            </a>
        </li>
    }
    .into_any()
}

/// Patterns that stand for no group, and types that are not in the catalogue. They stay chosen until somebody unticks them.
fn patterns_view(choice: &EventChoice, chosen: &Chosen<'_>) -> Option<AnyView> {
    let lang = chosen.lang;
    let is_offered = |key: &String| {
        key == "*"
            || choice.types().any(|one| one.key == *key)
            || choice
                .groups
                .iter()
                .any(|group| group.pattern.as_ref() == Some(key) && group.types.iter().any(|one| chosen.shows(one)))
    };
    let others: Vec<&String> = chosen.keys.iter().filter(|key| !key.is_empty() && !is_offered(key)).collect();
    if others.is_empty() {
        return None;
    }
    let rows = others.into_iter().map(|key| {
        let pattern = EventPattern::of_stored(key);
        let about = if key.ends_with('*') {
            let matched = choice
                .types()
                .filter(|one| one.may_be_added() && one.is_matched(std::slice::from_ref(&pattern)))
                .count();
            say::events_pattern(lang, matched as u64)
        } else {
            say::events_unknown(lang).to_owned()
        };
        let id = format!("event-{key}");
        view! {
            <li class="row">
                <input type="checkbox" id=id.clone() name="events" value=key.clone() checked=true aria-describedby=format!("{id}-about") />
                <label for=id.clone()>
                    <code>{written_out(key)}</code>
                </label>
                <span class="row-about" id=format!("{id}-about")>
                    {about}
                </span>
            </li>
        }
    });
    Some(
        view! {
            <div class="group others">
                <details open>
                    <summary>{say::events_patterns(lang)}</summary>
                    <ul>{rows.collect_view()}</ul>
                </details>
            </div>
        }
        .into_any(),
    )
}

/// What scripts make copies of: a chosen event, and the dialog with the fields of one.
fn templates(lang: Lang) -> AnyView {
    view! {
        <template data-chip="">
            <li>
                <span dir="auto"></span>
                <a class="button small get" rel="external" download data-label=say::download_schema_of(lang, "{}")>
                    <Icon path=DOWNLOAD />
                    <span>{say::download_schema(lang)}</span>
                </a>
                <button class="drop" type="button" data-label=say::events_remove(lang, "{}")>
                    <Icon path=CROSS />
                </button>
            </li>
        </template>
        <template data-schema="">
            <a rel="external" download dir="auto"></a>
        </template>
        <template data-dialog="">
            <dialog class="sheet" aria-labelledby="sheet-title">
                <div class="head">
                    <h2 id="sheet-title"></h2>
                    <button class="button" type="button">
                        {say::events_close(lang)}
                    </button>
                </div>
                <div class="sheet-body"></div>
            </dialog>
        </template>
    }
    .into_any()
}
