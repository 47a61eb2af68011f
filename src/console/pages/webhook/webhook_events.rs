//! The event types in the form of a webhook, with their schemas and examples.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    console::{
        components::{code::Code, schema_tree::SchemaTree},
        error_view::{ErrorView, error_of},
        href::event_type_path,
        islands::{FieldError, takes_focus},
        server::{event_types_loaded, pattern_name},
    },
    domain::event_type::{EventPattern, EventTypeState},
    messages::{Lang, event_types, webhook as say},
    registry::Entry,
};

/// The section with a checkbox for each event type.
pub(super) fn events(chosen: &[String], errors: &[ErrorView], lang: Lang) -> AnyView {
    let error = error_of(errors, "events");
    let describe = error.as_ref().map(|_| "events-error");
    let types = event_types_loaded();
    let is_chosen = |name: &str| chosen.iter().any(|chosen| chosen == name);
    // Archived types can be removed but not chosen.
    let shown = types
        .all()
        .iter()
        .filter(|entry| entry.state() != EventTypeState::Archived || is_chosen(entry.event_type().as_str()));
    let choices = shown.enumerate().map(|(at, entry)| {
        let checked = is_chosen(entry.event_type().as_str());
        view! { <Choice entry=entry.clone() checked first=at == 0 lang /> }
    });
    // Patterns, and types that do not belong to the catalogue any more.
    let others = chosen.iter().filter(|chosen| types.get(chosen).is_none());
    let others = others.map(|other| view! { <Other pattern=EventPattern::of_stored(other) lang /> });
    view! {
        <section aria-labelledby="event-heading">
            <div>
                <h2 id="event-heading">{say::event(lang)}</h2>
                <p>{say::event_why(lang)}</p>
            </div>
            <div role="group" aria-labelledby="event-heading" aria-describedby=describe id="events" tabindex="-1">
                <FieldError id="events".to_owned() error />
                <ul class="checks">{others.collect_view()} {choices.collect_view()}</ul>
            </div>
        </section>
    }
    .into_any()
}

/// A pattern to which the webhook is subscribed.
#[component]
fn Other(pattern: EventPattern, lang: Lang) -> impl IntoView {
    let id = format!(
        "event-{}",
        pattern
            .as_str()
            .replace('*', "any")
            .replace(|sign: char| !sign.is_ascii_alphanumeric(), "-")
    );
    view! {
        <li class="check">
            <input type="checkbox" id=id.clone() name="events" value=pattern.to_string() checked=true />
            <div>
                <label for=id>{pattern_name(&pattern, lang)}</label>
                <p class="hint mono">{pattern.to_string()}</p>
            </div>
        </li>
    }
}

#[component]
fn Choice(entry: Arc<Entry>, checked: bool, first: bool, lang: Lang) -> impl IntoView {
    let (key, name) = (entry.event_type().to_string(), entry.name_in(lang).to_owned());
    let id = format!("event-{}", key.replace(|sign: char| !sign.is_ascii_alphanumeric(), "-"));
    let path = event_type_path(entry.event_type());
    let (summary, example) = (entry.summary_in(lang).to_owned(), format!("{:#}", entry.callback_example()));
    let label = say::download_schema_of(lang, &name);
    let more = format!(": {name}");
    let example_label = event_types::example_of(lang, &name);
    view! {
        <li class="check">
            <input
                type="checkbox"
                id=id.clone()
                name="events"
                value=key.clone()
                checked=checked
                autofocus=first && takes_focus("events")
                aria-describedby=format!("{id}-summary")
            />
            <div>
                <label for=id.clone()>{name.clone()}</label>
                <p class="hint" id=format!("{id}-summary")>
                    {summary}
                </p>
            </div>
            <div class="in-place">
                <a class="download" href=format!("{path}/schema") rel="external" download aria-label=label>
                    {say::download_schema(lang)}
                </a>
                <details>
                    <summary>
                        {say::show_schema(lang)} <span class="visually-hidden">{more}</span>
                    </summary>
                    <div class="reference">
                        <div>
                            <h3>{event_types::fields(lang)}</h3>
                            <SchemaTree entry />
                        </div>
                        <div>
                            <h3>{event_types::example(lang)}</h3>
                            <Code label=example_label text=example />
                        </div>
                    </div>
                </details>
            </div>
        </li>
    }
}
