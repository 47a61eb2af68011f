//! The search and the filters of the list, and chips for those that are set.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            filter_chips::{ChipView, FilterChips},
            filter_sheet::{FilterSheet, SheetButton, set_text},
            owners::OwnerView,
            query_form::QueryForm,
        },
        href::href,
        pages::webhooks::{load_list::ListQuery, webhook_list::PATH},
        server::{event_types_loaded, type_name},
    },
    domain::{event_type::EventType, webhook::Status},
    messages::{Lang, common, webhooks as say},
};

/// The id of the sheet with the filters.
const SHEET: &str = "list-filters";

/// The name of a status.
pub(super) const fn status_name(status: Status, lang: Lang) -> &'static str {
    match status {
        Status::Enabled => common::status_enabled(lang),
        Status::Failing => common::status_failing(lang),
        Status::Disabled => common::status_disabled(lang),
    }
}

/// The search field and the filters.
pub(super) fn search(query: &ListQuery, owners: &[OwnerView], lang: Lang) -> AnyView {
    let (q, sort, dir, rows) = (query.q.clone(), query.sort.clone(), query.dir.clone(), query.rows.clone());
    let option = |value: String, name: String, chosen: &Option<String>| {
        let selected = chosen.as_deref() == Some(value.as_str());
        view! { <option value=value selected=selected>{name}</option> }
    };
    let filters_set = filters_set(query);
    let types = event_types_loaded();
    let events: Vec<_> = types
        .all()
        .iter()
        .map(|entry| option(entry.event_type().to_string(), entry.name_in(lang).to_owned(), &query.event))
        .collect();
    let statuses = [Status::Enabled, Status::Failing, Status::Disabled]
        .map(|status| option(status.to_string(), status_name(status, lang).to_owned(), &query.status));
    let owners = (!owners.is_empty()).then(|| {
        let owners = owners
            .iter()
            .map(|owner| option(owner.id.clone(), owner.email.clone(), &query.owner));
        view! {
            <label>
                <span>{say::owner(lang)}</span>
                <select name="owner" aria-label=say::owner(lang)>
                    <option value="">{say::any_owner(lang)}</option>
                    {owners.collect_view()}
                </select>
            </label>
        }
    });
    view! {
        <QueryForm action=PATH.to_owned() class="bar list-search" search=true>
            <label class="visually-hidden" for="q">
                {say::search(lang)}
            </label>
            <input id="q" name="q" type="search" placeholder=say::search_hint(lang) value=q maxlength="200" autocomplete="off" spellcheck="false" />
            <SheetButton sheet=SHEET>{common::filters(lang)} " " {filters_set}</SheetButton>
            <FilterSheet id=SHEET heading=common::filters(lang)>
                <label>
                    <span>{say::event(lang)}</span>
                    <select name="event" aria-label=say::event(lang)>
                        <option value="">{say::all_events(lang)}</option>
                        {events.collect_view()}
                    </select>
                </label>
                <label>
                    <span>{say::status(lang)}</span>
                    <select name="status" aria-label=say::status(lang)>
                        <option value="">{say::any_status(lang)}</option>
                        {statuses.collect_view()}
                    </select>
                </label>
                {owners}
                <button class="button primary sheet-submit unscripted" type="submit">
                    {say::search(lang)}
                </button>
            </FilterSheet>
            <input type="hidden" name="sort" value=sort />
            <input type="hidden" name="dir" value=dir />
            <input type="hidden" name="rows" value=rows />
            <button class="button unscripted" type="submit">
                {say::search(lang)}
            </button>
        </QueryForm>
    }
    .into_any()
}

/// How many filters are set besides the search text. It changes with the list (`live_list`).
pub(super) fn filters_set(query: &ListQuery) -> AnyView {
    let set = [&query.event, &query.status, &query.owner].into_iter().flatten().count();
    view! {
        <span id="filters-set" data-list-part="text">
            {set_text(set)}
        </span>
    }
    .into_any()
}

/// A link for each filter that is set, which removes it, and one that removes all.
pub(super) fn chips(query: &ListQuery, owners: &[OwnerView], lang: Lang) -> AnyView {
    let first_page = ListQuery {
        page: None,
        ..query.clone()
    };
    let mut chips: Vec<(String, ListQuery)> = Vec::new();
    if let Some(q) = &query.q {
        let without = ListQuery {
            q: None,
            ..first_page.clone()
        };
        chips.push((say::chip_text(lang, q), without));
    }
    if let Some(event) = &query.event {
        let name = type_name(&EventType::of_stored(event), lang);
        let without = ListQuery {
            event: None,
            ..first_page.clone()
        };
        chips.push((say::chip_event(lang, &name), without));
    }
    if let Some(status) = &query.status {
        let name = status
            .parse()
            .map_or_else(|_| status.clone(), |status| status_name(status, lang).to_owned());
        let without = ListQuery {
            status: None,
            ..first_page.clone()
        };
        chips.push((say::chip_status(lang, &name), without));
    }
    if let Some(owner) = &query.owner {
        let known = owners.iter().find(|known| known.id == *owner);
        let name = known.map_or_else(|| owner.clone(), |known| known.email.clone());
        let without = ListQuery {
            owner: None,
            ..first_page.clone()
        };
        chips.push((say::chip_owner(lang, &name), without));
    }
    let cleared = ListQuery {
        q: None,
        event: None,
        status: None,
        owner: None,
        ..first_page
    };
    let chips = chips.into_iter().map(|(text, without)| ChipView {
        name: say::chip_remove(lang, &text),
        text,
        href: href(PATH, &without),
    });
    view! { <FilterChips chips=chips.collect() cleared=href(PATH, &cleared) in_place=true /> }.into_any()
}
