//! The form of an event type: schema and example side by side, and below them what a check of both finds.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    addresses::{LIST, NEW, below},
    draft_check::{DraftCheck, Report},
    form::{EventTypeForm, Intent},
    load_form::FormView,
    report::ReportView,
};
use crate::{
    console::{
        ConsoleError,
        components::{
            field::TextField,
            form_page::FormPage,
            notice::{ErrorCount, ErrorSummary, Trouble},
            unseen::written_out,
        },
        error_view::{ErrorView, error_of},
        href::event_type_path,
        islands::{FieldError, Unsaved, described_by, focus_first, takes_focus},
        pages::audit_log::{Differences, OpenEntryView},
        raw_text::raw_text,
        viewer::lang,
    },
    messages::{Lang, event_types as say, webhook as webhook_texts},
};

/// The page with the form of a new type.
#[component]
pub(super) fn NewPage(
    /// The form.
    form: Result<FormView, ConsoleError>,
) -> impl IntoView {
    let lang = lang();
    let form = form.map(|form| view! { <Fields form /> }.into_any());
    view! { <FormPage title=say::new(lang) list=LIST list_name=say::title(lang) form /> }
}

/// The page with the form of a type.
#[component]
pub(super) fn EditPage(
    /// The form.
    form: Result<FormView, ConsoleError>,
) -> impl IntoView {
    let lang = lang();
    let form = match form {
        Ok(form) => form,
        Err(error) => return view! { <Title text=say::edit(lang) /> <Trouble error /> }.into_any(),
    };
    let title = say::edit_which(lang, &form.title);
    let address = form.event_type.as_ref().map(event_type_path);
    view! {
        <Title text=title.clone() />
        <p class="crumbs">
            <a href=LIST>{say::title(lang)}</a>
            " / "
            <a href=address>
                <bdi>{written_out(&form.title)}</bdi>
            </a>
            {format!(" / {}", say::edit(lang))}
        </p>
        <div class="head">
            <h1 dir="auto">{title}</h1>
        </div>
        <Fields form />
    }
    .into_any()
}

#[component]
fn Fields(form: FormView) -> impl IntoView {
    let lang = lang();
    let FormView {
        event_type,
        title: _,
        form,
        errors,
        edited,
        report,
        draft,
        changes,
        groups,
    } = form;
    let action = event_type
        .as_ref()
        .map_or_else(|| NEW.to_owned(), |event_type| below(event_type, "edit"));
    let cancel = event_type.as_ref().map_or_else(|| LIST.to_owned(), event_type_path);
    let unsaved = edited.is_some() || !errors.is_empty() || changes.is_some() || report.is_some();
    focus_first(&errors, edited.as_deref());
    view! {
        <form method="post" action=action novalidate class="event-type-form">
            <ErrorSummary errors=errors.clone() />
            {changes.as_deref().map(|changes| concurrent_changes(changes, lang))}
            {report.map(|report| incompatible(report, lang))}
            <Unsaved from_start=unsaved />
            {form.seen.map(|seen| view! { <input type="hidden" name="seen" value=seen.to_string() /> })}
            // Enter in a field presses the first button of a form.
            <button type="submit" class="visually-hidden" tabindex="-1" aria-hidden="true">
                {webhook_texts::save(lang)}
            </button>
            {general(&form, event_type.is_none(), &groups, &errors, lang)}
            {data(&form, &errors, lang)}
            <DraftCheck event_type=event_type.map_or_else(String::new, |event_type| event_type.to_string()) first=draft />
            {keeping(&form, &errors, lang)}
            <div class="save">
                <ErrorCount errors=errors.clone() />
                <a class="button" href=cancel>
                    {webhook_texts::cancel(lang)}
                </a>
                <button class="button primary" type="submit" name="intent" value=Intent::Save.to_string()>
                    {webhook_texts::save(lang)}
                </button>
            </div>
        </form>
    }
}

/// What others changed after the form was loaded.
fn concurrent_changes(changes: &[OpenEntryView], lang: Lang) -> AnyView {
    let entries = changes.iter().map(|change| {
        let who = change.row.actor.clone();
        view! {
            <p>
                <strong>{who}</strong>
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

/// What the new schema breaks, and the check box that says that this is wanted.
fn incompatible(report: ReportView, lang: Lang) -> AnyView {
    view! {
        <div class="notice warn" role="alert">
            <p>
                <strong>{say::incompatible(lang)}</strong>
            </p>
            <p>{say::incompatible_why(lang)}</p>
            <Report report />
            <p>
                <label class="tick">
                    <input type="checkbox" id="breaking" name="breaking" value="true" autofocus />
                    {say::breaking(lang)}
                </label>
            </p>
        </div>
    }
    .into_any()
}

fn general(form: &EventTypeForm, is_new: bool, groups: &[String], errors: &[ErrorView], lang: Lang) -> AnyView {
    let event_type = if is_new {
        view! {
            <TextField
                name="type"
                label=say::key(lang)
                value=form.event_type.clone()
                mono=true
                hint=say::key_hint(lang)
                required=true
                error=error_of(errors, "type")
            />
        }
        .into_any()
    } else {
        view! {
            <div class="field">
                <span class="label">{say::key(lang)}</span>
                <p class="mono">{form.event_type.clone()}</p>
            </div>
        }
        .into_any()
    };
    let description_error = error_of(errors, "description");
    let options = groups.iter().map(|group| view! { <option value=group.clone()></option> });
    let group_error = error_of(errors, "group");
    view! {
        <section aria-labelledby="general-heading">
            <div>
                <h2 id="general-heading">{webhook_texts::general(lang)}</h2>
                <p>{say::general_why(lang)}</p>
            </div>
            <div>
                {event_type}
                <TextField name="name" label=webhook_texts::name(lang) value=form.name.clone() hint=say::name_hint(lang) error=error_of(errors, "name") />
                <div class="field">
                    <label for="group">{say::group(lang)}</label>
                    <input
                        id="group"
                        name="group"
                        list="groups"
                        dir="auto"
                        value=form.group.clone()
                        autocomplete="off"
                        autofocus=takes_focus("group")
                        aria-invalid=group_error.as_ref().map(|_| "true")
                        aria-describedby=described_by("group", true, group_error.is_some())
                    />
                    <datalist id="groups">{options.collect_view()}</datalist>
                    <FieldError id="group".to_owned() error=group_error />
                    <p class="hint" id="group-hint">
                        {say::group_hint(lang)}
                    </p>
                </div>
                <div class="field">
                    <label for="description">{webhook_texts::description(lang)}</label>
                    <textarea
                        id="description"
                        name="description"
                        rows="2"
                        dir="auto"
                        autofocus=takes_focus("description")
                        aria-invalid=description_error.as_ref().map(|_| "true")
                        aria-describedby=described_by("description", true, description_error.is_some())
                        inner_html=textarea(&form.description)
                    ></textarea>
                    <FieldError id="description".to_owned() error=description_error />
                    <p class="hint" id="description-hint">
                        {say::description_hint(lang)}
                    </p>
                </div>
            </div>
        </section>
    }
    .into_any()
}

/// The schema and the examples.
fn data(form: &EventTypeForm, errors: &[ErrorView], lang: Lang) -> AnyView {
    let schema_error = error_of(errors, "schema");
    let examples = if form.example.is_empty() {
        vec![String::new()]
    } else {
        form.example.clone()
    };
    let several = examples.len() > 1;
    let examples = examples
        .into_iter()
        .enumerate()
        .map(|(at, text)| example(at, &text, several, errors, lang));
    view! {
        <section class="full" aria-labelledby="data-heading">
            <div>
                <h2 id="data-heading">{say::data(lang)}</h2>
                <p class="hint">{say::data_why(lang)}</p>
            </div>
            <div class="side-by-side">
                <div class="field">
                    <div class="example-head">
                        <label for="schema">{say::schema(lang)}</label>
                    </div>
                    <textarea
                        id="schema"
                        name="schema"
                        class="mono"
                        rows="18"
                        dir="ltr"
                        spellcheck="false"
                        data-draft="true"
                        autofocus=takes_focus("schema")
                        aria-invalid=schema_error.as_ref().map(|_| "true")
                        aria-describedby=described_by("schema", true, schema_error.is_some())
                        inner_html=textarea(&form.schema)
                    ></textarea>
                    <FieldError id="schema".to_owned() error=schema_error />
                    <p class="hint" id="schema-hint">
                        {say::schema_hint(lang)}
                    </p>
                </div>
                <div>
                    {examples.collect_view()}
                    <div class="actions">
                        <button class="button" type="submit" name="intent" value=Intent::Infer.to_string()>
                            {say::infer(lang)}
                        </button>
                        <button class="button" type="submit" name="intent" value=Intent::AddExample.to_string()>
                            {say::example_add(lang)}
                        </button>
                        <noscript>
                            <button class="button" type="submit" name="intent" value=Intent::Check.to_string()>
                                {say::check(lang)}
                            </button>
                        </noscript>
                    </div>
                </div>
            </div>
        </section>
    }
    .into_any()
}

fn example(at: usize, text: &str, several: bool, errors: &[ErrorView], lang: Lang) -> AnyView {
    let id = format!("example-{at}");
    let error = error_of(errors, &id);
    let label = if several {
        say::example_which(lang, at as u64 + 1)
    } else {
        say::example(lang).to_owned()
    };
    let remove = several.then(|| {
        view! {
            <button class="quiet" type="submit" name="intent" value=Intent::RemoveExample(at).to_string() aria-label=say::example_remove_which(lang, at as u64 + 1)>
                {say::example_remove(lang)}
            </button>
        }
    });
    view! {
        <div class="field">
            <div class="example-head">
                <label for=id.clone()>{label}</label>
                {remove}
            </div>
            <textarea
                id=id.clone()
                name="example"
                class="mono"
                rows=if several { "9" } else { "18" }
                dir="ltr"
                spellcheck="false"
                data-draft="true"
                autofocus=takes_focus(&id)
                aria-invalid=error.as_ref().map(|_| "true")
                aria-describedby=described_by(&id, at == 0, error.is_some())
                inner_html=textarea(text)
            ></textarea>
            <FieldError id=id.clone() error />
            {(at == 0).then(|| view! { <p class="hint" id=format!("{id}-hint")>{say::example_hint(lang)}</p> })}
        </div>
    }
    .into_any()
}

/// How long payloads are kept, and what of them is hidden.
fn keeping(form: &EventTypeForm, errors: &[ErrorView], lang: Lang) -> AnyView {
    let masked_error = error_of(errors, "masked");
    view! {
        <section aria-labelledby="keeping-heading">
            <div>
                <h2 id="keeping-heading">{say::keeping(lang)}</h2>
                <p>{say::keeping_why(lang)}</p>
            </div>
            <div>
                <TextField
                    name="retention"
                    label=say::retention(lang)
                    value=form.retention.clone()
                    digits=true
                    hint=say::retention_hint(lang)
                    error=error_of(errors, "retention")
                />
                <div class="field">
                    <label for="masked">{say::masked(lang)}</label>
                    <textarea
                        id="masked"
                        name="masked"
                        class="mono"
                        rows="2"
                        dir="ltr"
                        spellcheck="false"
                        autofocus=takes_focus("masked")
                        aria-invalid=masked_error.as_ref().map(|_| "true")
                        aria-describedby=described_by("masked", true, masked_error.is_some())
                        inner_html=textarea(&form.masked)
                    ></textarea>
                    <FieldError id="masked".to_owned() error=masked_error />
                    <p class="hint" id="masked-hint">
                        {say::masked_hint(lang)}
                    </p>
                </div>
            </div>
        </section>
    }
    .into_any()
}

/// The content of a text area. A browser drops a line feed at its beginning.
fn textarea(text: &str) -> String {
    format!("\n{}", raw_text(text))
}
