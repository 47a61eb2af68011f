//! The sections of a webhook's page in one line each.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            icon::{self, NavIcon},
            unseen::ForeignText,
        },
        pages::webhook::load_form::FormView,
        server::pattern_name,
    },
    domain::event_type::EventPattern,
    messages::{Lang, common, webhook as say},
};

/// The number of events that a line names.
const NAMED: usize = 4;

/// "Enabled · owner.hr@… · Answers 500".
pub(super) fn general_line(form: &FormView, lang: Lang) -> AnyView {
    let status = if form.form.enabled {
        common::status_enabled(lang)
    } else {
        common::status_disabled(lang)
    };
    let mut parts = vec![status.to_owned()];
    let chosen = form.form.owners().unwrap_or_default();
    // An owner does not learn who the others are.
    if form.editable {
        let owners = form.possible_owners.iter().filter(|owner| chosen.contains(&owner.id));
        let names: Vec<String> = owners.map(|owner| owner.email.clone()).collect();
        parts.push(if names.is_empty() {
            say::no_owners(lang).to_owned()
        } else {
            names.join(", ")
        });
    }
    let description = form.form.description.lines().next().unwrap_or_default();
    parts.push(if description.is_empty() {
        say::no_description(lang).to_owned()
    } else {
        description.to_owned()
    });
    line(parts)
}

/// The age of the secret, the order and the rate limit. The URL stands below the title of the page.
pub(super) fn details_line(form: &FormView, lang: Lang) -> AnyView {
    let mut parts: Vec<String> = form.secret_created.iter().map(|at| say::signed_since(lang, &at.text)).collect();
    parts.extend([order(form, lang).to_owned(), limit(form, lang)]);
    line(parts)
}

/// Whether the events of a subject are sent in order.
pub(super) fn order(form: &FormView, lang: Lang) -> &'static str {
    if form.form.ordered().unwrap_or_default() {
        say::in_order(lang)
    } else {
        say::not_in_order(lang)
    }
}

/// The rate limit, or that there is none.
pub(super) fn limit(form: &FormView, lang: Lang) -> String {
    let rate = form.form.rate_per_second.as_deref().map(str::trim).filter(|rate| !rate.is_empty());
    rate.map_or_else(|| say::no_limit(lang).to_owned(), |rate| say::limit(lang, rate))
}

/// The names of the headers.
pub(super) fn headers_line(form: &FormView, lang: Lang) -> AnyView {
    let headers = form.form.headers();
    if headers.is_empty() {
        return say::no_headers(lang).into_any();
    }
    line(headers.into_iter().map(|header| header.name).collect())
}

/// The first events.
pub(super) fn event_line(form: &FormView, lang: Lang) -> AnyView {
    let name = |event: &String| {
        view! {
            <span class="event">
                <NavIcon path=icon::of_event(event) />
                <ForeignText text=pattern_name(&EventPattern::of_stored(event), lang) />
            </span>
        }
    };
    let more = form.form.events.len().saturating_sub(NAMED);
    let named = form.form.events.iter().take(NAMED).map(name).collect_view();
    view! { {named} {(more > 0).then(|| format!("+{more}"))} }.into_any()
}

fn line(parts: Vec<String>) -> AnyView {
    view! { <ForeignText text=parts.join(" · ") /> }.into_any()
}
