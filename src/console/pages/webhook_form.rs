//! The form of a webhook: General, Webhook details, Additional headers, Event. A plain form, posted to the page's own path.

use leptos::prelude::*;

use crate::{
    catalogue::EventType,
    console::{
        calls::{ErrorView, FormView, HeaderView, TimeView},
        components::{
            copy::CopyButton,
            field::{FieldError, TextField, described_by, error_of},
            headers::HeaderRows,
            notice::ErrorSummary,
            time::Time,
        },
    },
    domain::webhook::{DESCRIPTION_MAX, NAME_MAX, URL_MAX},
};

/// The form.
#[component]
pub(super) fn WebhookForm(form: FormView) -> impl IntoView {
    let action = form
        .id
        .as_ref()
        .map_or_else(|| "/webhooks/new".to_owned(), |id| format!("/webhooks/{id}"));
    let editable = form.editable;
    let errors = form.errors.clone();
    view! {
        <form method="post" action=action novalidate>
            <ErrorSummary errors=errors.clone() />
            <fieldset class="plain" disabled=!editable>
                // Enter in a field presses the first button of a form: it must be this one, not "Add header".
                <button type="submit" class="visually-hidden" tabindex="-1" aria-hidden="true">
                    "Save"
                </button>
                {general(&form, &errors)}
                {details(&form, &errors)}
                {headers(form.headers.clone(), errors.clone(), editable)}
                {events(&form.events, &errors)}
            </fieldset>
            {editable
                .then(|| view! {
                    <div class="save">
                        <a class="button" href="/webhooks">
                            "Cancel"
                        </a>
                        <button class="button primary" type="submit" name="intent" value="save">
                            "Save"
                        </button>
                    </div>
                })}
        </form>
    }
}

fn general(form: &FormView, errors: &[ErrorView]) -> AnyView {
    let description_error = error_of(errors, "description");
    view! {
        <section aria-labelledby="general-heading">
            <div>
                <h2 id="general-heading">"General"</h2>
                <p>"How people recognise this webhook."</p>
            </div>
            <div>
                <div class="field across">
                    <input class="switch" type="checkbox" role="switch" id="enabled" name="enabled" value="true" checked=form.enabled aria-describedby="enabled-hint" />
                    <label for="enabled">"Enabled"</label>
                    <p class="hint" id="enabled-hint">
                        "A disabled webhook makes no callback; its events are kept."
                    </p>
                </div>
                <TextField name="name" label="Name" value=form.name.clone() max=NAME_MAX error=error_of(errors, "name") />
                <div class="field">
                    <label for="description">"Description"</label>
                    <textarea
                        id="description"
                        name="description"
                        rows="2"
                        maxlength=DESCRIPTION_MAX.to_string()
                        aria-invalid=description_error.as_ref().map(|_| "true")
                        aria-describedby=described_by("description", false, description_error.is_some())
                    >
                        {form.description.clone()}
                    </textarea>
                    <FieldError id="description".to_owned() error=description_error />
                </div>
            </div>
        </section>
    }
    .into_any()
}

fn details(form: &FormView, errors: &[ErrorView]) -> AnyView {
    let secret = if form.id.is_none() {
        view! { <NewSecret secret=form.secret.clone() error=error_of(errors, "secret") /> }.into_any()
    } else {
        view! { <StoredSecret created=form.secret_created.clone() /> }.into_any()
    };
    view! {
        <section aria-labelledby="details-heading">
            <div>
                <h2 id="details-heading">"Webhook details"</h2>
                <p>"Where callbacks go, and how the receiver knows that they are genuine."</p>
            </div>
            <div>
                <TextField
                    name="url"
                    label="URL"
                    kind="url"
                    value=form.url.clone()
                    mono=true
                    max=URL_MAX
                    hint="HTTPS; a port and query parameters are fine."
                    error=error_of(errors, "url")
                />
                {secret}
            </div>
        </section>
    }
    .into_any()
}

fn headers(headers: Vec<HeaderView>, errors: Vec<ErrorView>, editable: bool) -> AnyView {
    view! {
        <section aria-labelledby="headers-heading">
            <div>
                <h2 id="headers-heading">"Additional headers"</h2>
                <p>"Sent with every callback: to tell sources apart, or what the receiver expects."</p>
            </div>
            <div>
                <HeaderRows headers errors editable />
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn NewSecret(secret: String, error: Option<String>) -> impl IntoView {
    let field = NodeRef::new();
    let invalid = error.as_ref().map(|_| "true");
    let described = described_by("secret", true, error.is_some());
    view! {
        <div class="field">
            <label for="secret">"Secret"</label>
            <div class="pair">
                <input
                    node_ref=field
                    id="secret"
                    name="secret"
                    class="mono"
                    value=secret
                    maxlength="200"
                    autocomplete="off"
                    spellcheck="false"
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <CopyButton field />
            </div>
            <FieldError id="secret".to_owned() error />
            <p class="hint" id="secret-hint">
                "Copy it to the receiver now: it is not shown again. Each callback is signed with it (Standard Webhooks). You may enter one of your own."
            </p>
        </div>
    }
}

#[component]
fn StoredSecret(created: Option<TimeView>) -> impl IntoView {
    view! {
        <div class="field">
            <span class="label">"Secret"</span>
            <p class="mono masked">"whsec_••••••••••••••••"</p>
            <p class="hint">
                "Each callback is signed with it (Standard Webhooks)." {created.map(|at| view! { " Created " <Time at /> "." })}
            </p>
        </div>
    }
}

fn events(chosen: &[String], errors: &[ErrorView]) -> AnyView {
    let error = error_of(errors, "events");
    let describe = error.as_ref().map(|_| "events-error");
    let choices = EventType::ALL.into_iter().map(|event| {
        let (key, name) = (event.as_str(), event.name());
        let id = format!("event-{}", key.replace(['.', '_'], "-"));
        view! {
            <li class="check">
                <input type="checkbox" id=id.clone() name="events" value=key checked=chosen.iter().any(|chosen| chosen == key) aria-describedby=format!("{id}-summary") />
                <div>
                    <label for=id.clone()>{name}</label>
                    <p class="hint" id=format!("{id}-summary")>
                        {event.summary()}
                    </p>
                </div>
                <a class="download" href=format!("/event-types/{key}/schema") rel="external" download aria-label=format!("Download schema: {name}")>
                    "Download schema"
                </a>
            </li>
        }
    });
    view! {
        <section aria-labelledby="event-heading">
            <div>
                <h2 id="event-heading">"Event"</h2>
                <p>"What the receiver hears about. The schema describes the callback's body."</p>
            </div>
            <div role="group" aria-labelledby="event-heading" aria-describedby=describe id="events" tabindex="-1">
                <FieldError id="events".to_owned() error />
                <ul class="checks">{choices.collect_view()}</ul>
            </div>
        </section>
    }
    .into_any()
}
