//! The event types in the form of a webhook, with their schemas and examples.

use leptos::prelude::*;

use crate::{
    catalogue::{EventType, example::example_text},
    console::{
        components::{code::Code, schema_tree::SchemaTree},
        error_view::{ErrorView, error_of},
        islands::{FieldError, takes_focus},
    },
    messages::{Lang, event_types, webhook as say},
};

/// A checkbox for each event type: the content of the section "Event".
pub(super) fn events(chosen: &[String], errors: &[ErrorView], lang: Lang) -> AnyView {
    let error = error_of(errors, "events");
    let describe = error.as_ref().map(|_| "events-error");
    let choices = EventType::ALL
        .into_iter()
        .map(|event| view! { <Choice event checked=chosen.iter().any(|chosen| chosen == event.as_str()) lang /> });
    view! {
        <div role="group" aria-labelledby="event-heading" aria-describedby=describe id="events" tabindex="-1">
            <FieldError id="events".to_owned() error />
            <ul class="checks">{choices.collect_view()}</ul>
        </div>
    }
    .into_any()
}

#[component]
fn Choice(event: EventType, checked: bool, lang: Lang) -> impl IntoView {
    let (key, name) = (event.as_str(), event.name_in(lang));
    let id = format!("event-{}", key.replace(['.', '_'], "-"));
    view! {
        <li class="check">
            <input
                type="checkbox"
                id=id.clone()
                name="events"
                value=key
                checked=checked
                autofocus=event == EventType::ALL[0] && takes_focus("events")
                aria-describedby=format!("{id}-summary")
            />
            <div>
                <label for=id.clone()>{name}</label>
                <p class="hint" id=format!("{id}-summary")>
                    {event.summary_in(lang)}
                </p>
            </div>
            <div class="in-place">
                <a class="download" href=format!("/event-types/{key}/schema") rel="external" download aria-label=say::download_schema_of(lang, name)>
                    {say::download_schema(lang)}
                </a>
                <details>
                    <summary>
                        {say::show_schema(lang)} <span class="visually-hidden">{format!(": {name}")}</span>
                    </summary>
                    <div class="reference">
                        <div>
                            <h3>{event_types::fields(lang)}</h3>
                            <SchemaTree event />
                        </div>
                        <div>
                            <h3>{event_types::example(lang)}</h3>
                            <Code label=event_types::example_of(lang, name) text=example_text(event) />
                        </div>
                    </div>
                </details>
            </div>
        </li>
    }
}
