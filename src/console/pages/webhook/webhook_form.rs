//! The form of a webhook, a plain form whose action is the path of its page (see `save`).

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            field::TextField,
            help::Topic,
            notice::{ErrorCount, ErrorSummary},
            owners::Owners,
            time::{Time, TimeView},
        },
        error_view::{ErrorView, error_of},
        islands::{CopyField, FieldError, HeaderRows, Rule, Unsaved, described_by, focus_first, takes_focus},
        pages::{
            audit_log::{Differences, OpenEntryView},
            webhook::{
                event_downloads::schemas_of_stored,
                generate_secret::GenerateButton,
                load_form::FormView,
                save::Intent,
                section::Section,
                summaries::{details_line, event_line, general_line, headers_line},
                webhook_actions::ROTATE,
                webhook_events::{events, events_folded, is_long},
            },
            webhooks::list_origin::with_list,
        },
        raw_text::raw_text,
        viewer::lang,
    },
    domain::headers::USUAL_NAMES,
    messages::{Lang, guide, webhook as say},
};

/// A URL as the field shows it while it is empty.
const URL_EXAMPLE: &str = "https://my-api.com:8080/identity-updated?source=clearid";

/// The form.
#[component]
pub(super) fn WebhookFields(
    /// Its data.
    form: FormView,
) -> impl IntoView {
    let lang = lang();
    let action = form
        .id
        .as_ref()
        .map_or_else(|| "/webhooks/new".to_owned(), |id| with_list(&format!("/webhooks/{id}")));
    let is_new = form.id.is_none();
    let errors = form.errors.clone();
    // Whoever adds a webhook begins with its name.
    focus_first(&errors, form.edited.as_deref().or(is_new.then_some("name")));
    let from_start = form.edited.is_some() || !errors.is_empty() || form.changes.is_some();
    let cancel = if is_new {
        view! {
            <a class="button" href="/webhooks">
                {say::cancel(lang)}
            </a>
        }
        .into_any()
    } else {
        view! {
            <span class="unsaved-words">{say::unsaved(lang)}</span>
            <a class="button" href=action.clone() data-discards="true">
                {say::discard_changes(lang)}
            </a>
        }
        .into_any()
    };
    view! {
        <form method="post" action=action novalidate class="webhook-form" class:stored=!is_new>
            <ErrorSummary errors=errors.clone() />
            {form.changes.as_deref().map(|changes| concurrent_changes(changes, lang))}
            <Unsaved from_start />
            {form.form.seen.map(|seen| view! { <input type="hidden" name="seen" value=seen.to_string() /> })}
            {form.form.copy_of.clone().map(|from| view! { <input type="hidden" name="copy_of" value=from /> })}
            // Enter in a field presses the first button of a form. This must not be "Add header".
            <button type="submit" name="intent" value=Intent::Enter.to_string() class="visually-hidden" tabindex="-1" aria-hidden="true">
                {say::save(lang)}
            </button>
            {general(&form, &errors, lang)}
            {details(&form, &errors, lang)}
            {headers(&form, errors.clone(), lang)}
            {event(&form, &errors, lang)}
            <div class="save">
                <ErrorCount errors=errors.clone() />
                {is_new.then(|| view! { <span class="hint save-hint">{say::saving_shows_secret(lang)}</span> })}
                {cancel}
                <button class="button primary" type="submit" name="intent" value=Intent::Save.to_string()>
                    {say::save(lang)}
                </button>
            </div>
        </form>
    }
}

/// Whether a section is open: because all are, because one of its fields has an error, or because a button has changed it.
fn is_open(form: &FormView, fields: &[&str]) -> bool {
    let is_one = |field: &str| fields.iter().any(|name| field.starts_with(name));
    form.is_open
        || form.changes.is_some()
        // What was typed into other sections must be seen as well.
        || !form.errors.is_empty()
        || form.edited.as_deref().is_some_and(is_one)
}

/// The one line of a section, on the page of a stored webhook.
fn summary(form: &FormView, line: fn(&FormView, Lang) -> AnyView, lang: Lang) -> Option<AnyView> {
    form.id.as_ref().map(|_| line(form, lang))
}

/// What others changed after the form was loaded.
fn concurrent_changes(changes: &[OpenEntryView], lang: Lang) -> AnyView {
    let entries = changes.iter().map(|change| {
        let (who, at) = (change.row.actor.clone(), change.row.at.clone());
        view! {
            <p>
                <strong>{who}</strong>
                ", "
                <Time at />
            </p>
            <Differences differences=change.differences.clone() />
        }
    });
    view! {
        <div class="notice warn meanwhile" role="alert" tabindex="-1" autofocus>
            <p>
                <strong>{say::meanwhile(lang)}</strong>
            </p>
            <p>{say::meanwhile_why(lang)}</p>
            {entries.collect_view()}
        </div>
    }
    .into_any()
}

fn general(form: &FormView, errors: &[ErrorView], lang: Lang) -> AnyView {
    let description_error = error_of(errors, "description");
    let (possible, chosen) = (form.possible_owners.clone(), form.form.owners().unwrap_or_default());
    let body = view! {
                <div class="field across">
                    <input class="switch" type="checkbox" role="switch" id="enabled" name="enabled" value="true" checked=form.form.enabled aria-describedby="enabled-hint" />
                    <label for="enabled">{say::enabled(lang)}</label>
                    <p class="hint" id="enabled-hint">
                        {say::enabled_hint(lang)}
                    </p>
                </div>
                <TextField name="name" label=say::name(lang) value=form.form.name.clone() error=error_of(errors, "name") rule=Rule::Name required=true />
                <div class="field">
                    <label for="description">{say::description(lang)}</label>
                    <textarea
                        id="description"
                        name="description"
                        rows="2"
                        dir="auto"
                        autofocus=takes_focus("description")
                        aria-invalid=description_error.as_ref().map(|_| "true")
                        aria-describedby=described_by("description", false, description_error.is_some())
                    >
                        {raw_text(&form.form.description)}
                    </textarea>
                    <FieldError id="description".to_owned() error=description_error />
                </div>
                <Owners possible chosen filter=form.form.owners_filter.trim().to_owned() errors=errors.to_vec() />
    };
    Section {
        id: "general",
        heading_id: "general-heading",
        heading: say::general(lang),
        topic: Topic::General,
        why: say::general_why(lang),
        summary: summary(form, general_line, lang),
        beside: None,
        is_open: is_open(form, &["name", "description", "owners", "enabled"]),
        editable: true,
        body: body.into_any(),
    }
    .view()
}

fn details(form: &FormView, errors: &[ErrorView], lang: Lang) -> AnyView {
    let secret = if form.id.is_none() {
        view! { <NewSecret secret=form.form.secret.clone() error=error_of(errors, "secret") /> }.into_any()
    } else {
        view! { <StoredSecret id=form.id.clone().unwrap_or_default() created=form.secret_created.clone() /> }.into_any()
    };
    let body = view! {
                <TextField
                    name="url"
                    label=say::url(lang)
                    kind="url"
                    value=form.form.url.clone()
                    mono=true
                    hint=say::url_hint(lang)
                    required=true
                    placeholder=URL_EXAMPLE
                    error=error_of(errors, "url")
                    rule=Rule::Url { http: form.http }
                />
                {secret}
                {rate_and_order(form, errors, lang)}
                <p class="hint">{form.retries.clone()}</p>
    };
    Section {
        id: "webhook-details",
        heading_id: "details-heading",
        heading: say::details(lang),
        topic: Topic::Details,
        why: say::details_why(lang),
        summary: summary(form, details_line, lang),
        beside: None,
        is_open: is_open(form, &["url", "secret", "rate_limit", "ordered"]),
        editable: true,
        body: body.into_any(),
    }
    .view()
}

/// The rate limit and the order of callbacks.
fn rate_and_order(form: &FormView, errors: &[ErrorView], lang: Lang) -> AnyView {
    let (per_second, burst) = (form.form.rate_per_second.clone(), form.form.rate_burst.clone());
    let error = |field| error_of(errors, field);
    view! {
        <div class="fields">
            <TextField
                name="rate_limit-per_second"
                label=say::rate(lang)
                value=per_second.unwrap_or_default()
                digits=true
                hint=say::rate_hint(lang)
                error=error("rate_limit-per_second")
                rule=Rule::Rate
            />
            <TextField
                name="rate_limit-burst"
                label=say::burst(lang)
                value=burst.unwrap_or_default()
                digits=true
                hint=say::burst_hint(lang)
                error=error("rate_limit-burst")
                rule=Rule::Rate
            />
        </div>
        <div class="field across">
            // A checkbox that is not ticked sends nothing. This field tells that the form has one.
            <input type="hidden" name="ordered" value="" />
            <input
                class="switch"
                type="checkbox"
                role="switch"
                id="ordered"
                name="ordered"
                value="true"
                checked=form.form.ordered().unwrap_or_default()
                aria-describedby="ordered-hint"
            />
            <label for="ordered">{say::ordered(lang)}</label>
            <p class="hint" id="ordered-hint">
                {say::ordered_hint(lang)}
            </p>
        </div>
    }
    .into_any()
}

fn headers(form: &FormView, errors: Vec<ErrorView>, lang: Lang) -> AnyView {
    let headers = form.form.headers();
    let names = USUAL_NAMES.iter().map(|name| view! { <option value=*name></option> });
    Section {
        id: "additional-headers",
        heading_id: "headers-heading",
        heading: say::headers(lang),
        topic: Topic::Headers,
        why: say::headers_why(lang),
        summary: summary(form, headers_line, lang),
        beside: None,
        is_open: is_open(form, &["headers"]),
        editable: true,
        body: view! {
            <HeaderRows headers errors editable=true />
            <datalist id="header-names">{names.collect_view()}</datalist>
        }
        .into_any(),
    }
    .view()
}

fn event(form: &FormView, errors: &[ErrorView], lang: Lang) -> AnyView {
    let is_open = is_open(form, &["events"]);
    let folded = form.id.as_deref().filter(|_| !is_open && is_long(form));
    Section {
        id: "event",
        heading_id: "event-heading",
        heading: say::event(lang),
        topic: Topic::Event,
        why: say::event_why(lang),
        summary: summary(form, event_line, lang),
        beside: schemas_of_stored(&form.choice, &form.form.events, lang),
        is_open,
        editable: true,
        body: folded.map_or_else(|| events(form, errors, lang), |id| events_folded(form, id, lang)),
    }
    .view()
}

#[component]
fn NewSecret(secret: String, error: Option<String>) -> impl IntoView {
    let lang = lang();
    let invalid = error.as_ref().map(|_| "true");
    let described = described_by("secret", true, error.is_some());
    view! {
        <div class="field">
            <label for="secret">{say::secret(lang)}</label>
            <div class="pair">
                <input
                    id="secret"
                    name="secret"
                    class="mono"
                    value=secret
                    autocomplete="off"
                    spellcheck="false"
                    autofocus=takes_focus("secret")
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <CopyField field="secret".to_owned() />
                <GenerateButton field="secret".to_owned() />
            </div>
            <FieldError id="secret".to_owned() error />
            <p class="hint" id="secret-hint">
                {say::secret_new_hint(lang)}
            </p>
        </div>
    }
}

#[component]
fn StoredSecret(id: String, created: Option<TimeView>) -> impl IntoView {
    let lang = lang();
    view! {
        <div class="field">
            <span class="label">{say::secret(lang)}</span>
            <p class="mono masked">"whsec_••••••••••••••••"</p>
            <p class="hint">
                {say::secret_hint(lang)} {created.map(|at| view! { " " {say::secret_created(lang)} " " <Time at /> "." })}
            </p>
            <p>
                <a href=format!("/webhooks/{id}/verify")>{guide::verify_link(lang)}</a>
            </p>
            {rotation(lang)}
        </div>
    }
}

/// The fields of the form that makes a new secret. The form itself is beside this one.
fn rotation(lang: Lang) -> AnyView {
    view! {
        <details class="more">
            <summary>{say::rotate(lang)}</summary>
            <div class="field">
                <label for="overlap">{say::rotate_overlap(lang)}</label>
                <select id="overlap" name="overlap" form=ROTATE aria-describedby="overlap-hint">
                    <option value="24h">{say::overlap_day(lang)}</option>
                    <option value="7d">{say::overlap_week(lang)}</option>
                    <option value="0s">{say::overlap_none(lang)}</option>
                </select>
                <p class="hint" id="overlap-hint">
                    {say::rotate_hint(lang)}
                </p>
            </div>
            <button class="button" type="submit" form=ROTATE name="intent" value=Intent::Rotate.to_string()>
                {say::rotate_now(lang)}
            </button>
        </details>
    }
    .into_any()
}
