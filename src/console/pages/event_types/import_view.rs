//! The page of the import: the form, and what a check of the file found.

use leptos::prelude::*;

use super::{
    addresses::{IMPORT, LIST},
    import::FILE_BYTES_MAX,
    report::FindingView,
};
use crate::{
    console::{
        ConsoleError,
        components::{form_page::FormPage, unseen::ForeignText},
        islands::{FieldError, described_by},
        raw_text::raw_text,
        viewer::lang,
    },
    messages::{Lang, event_types as say},
};

/// The number of types of each kind that the page lists.
const LISTED: usize = 200;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub(super) struct ImportView {
    /// The content of the form, if nothing of it could be used.
    pub(super) document: String,
    /// The name of the file.
    pub(super) file_name: String,
    /// Whether neither a file was chosen nor text pasted.
    pub(super) is_missing: bool,
    /// What would happen.
    pub(super) result: Option<ImportResult>,
}

/// What an import would do.
#[derive(Clone, Debug, Default)]
pub(super) struct ImportResult {
    /// Types that do not exist yet.
    pub(super) new: Vec<ItemView>,
    /// Types that exist and differ.
    pub(super) changed: Vec<ItemView>,
    /// Types that are the same already.
    pub(super) unchanged: Vec<ItemView>,
    /// Why the document cannot be imported. If there is a reason, nothing is.
    pub(super) rejected: Vec<ItemView>,
    /// Whether some changes are incompatible.
    pub(super) is_breaking: bool,
}

/// A type of the document.
#[derive(Clone, Debug, Default)]
pub(super) struct ItemView {
    /// The type, or the place in the document.
    pub(super) event_type: String,
    /// Its name.
    pub(super) name: String,
    /// What is wrong with it or not compatible.
    pub(super) findings: Vec<FindingView>,
}

impl ImportView {
    /// Whether the document cannot be imported.
    pub(super) fn is_rejected(&self) -> bool {
        self.result.as_ref().is_some_and(|result| !result.rejected.is_empty())
    }
}

/// The page.
#[component]
pub(super) fn ImportPage(
    /// Its data.
    view: Result<ImportView, ConsoleError>,
) -> impl IntoView {
    let lang = lang();
    let form = view.map(|view| {
        match &view.result {
            Some(result) if result.rejected.is_empty() => checked(&view, result, lang),
            _ => form(&view, lang),
        }
        .into_any()
    });
    view! { <FormPage title=say::import(lang) list=LIST list_name=say::title(lang) form /> }
}

fn form(view: &ImportView, lang: Lang) -> AnyView {
    let error = view.is_missing.then(|| say::import_missing(lang).to_owned());
    let rejected = view.result.as_ref().map(|result| {
        view! {
            <div class="notice bad" role="alert" tabindex="-1" autofocus>
                <p>
                    <strong>{say::import_rejected(lang)}</strong>
                </p>
                {items(&result.rejected, lang)}
            </div>
        }
    });
    let invalid = error.as_ref().map(|_| "true");
    let described = described_by("file", true, error.is_some());
    view! {
        <p class="about">{say::import_lead(lang)}</p>
        {rejected}
        <form method="post" action=IMPORT enctype="multipart/form-data" class="import narrow">
            <div class="field">
                <label for="file">{say::import_file(lang)}</label>
                <input id="file" name="file" type="file" accept=".json,.yaml,.yml,.jsonl,application/json,application/yaml" aria-invalid=invalid aria-describedby=described />
                <FieldError id="file".to_owned() error />
                <p class="hint" id="file-hint">
                    {say::import_file_hint(lang, (FILE_BYTES_MAX / 1024 / 1024) as u64)}
                </p>
            </div>
            <div class="field">
                <label for="document">{say::import_paste(lang)}</label>
                <textarea id="document" name="document" rows="14" dir="ltr" spellcheck="false" inner_html=format!("\n{}", raw_text(&view.document))></textarea>
            </div>
            <input type="hidden" name="file_name" value=view.file_name.clone() />
            <div class="save">
                <a class="button" href=LIST>
                    {crate::messages::webhook::cancel(lang)}
                </a>
                <button class="button primary" type="submit" name="intent" value="check">
                    {say::import_check(lang)}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// What would happen, and the button that lets it happen. The form contains the document, so that exactly what was checked is imported.
fn checked(view: &ImportView, result: &ImportResult, lang: Lang) -> AnyView {
    let count = result.new.len() + result.changed.len();
    let part = |heading: String, listed: &[ItemView]| (!listed.is_empty()).then(|| view! { <h3>{heading}</h3> {items(listed, lang)} });
    let breaking = result.is_breaking.then(|| {
        view! {
            <p class="notice warn">
                <label class="tick">
                    <input type="checkbox" name="breaking" value="true" />
                    {say::import_breaking(lang)}
                </label>
            </p>
        }
    });
    let apply = (count > 0).then(|| {
        view! {
            <button class="button primary" type="submit" name="intent" value="apply">
                {say::import_apply(lang, count as u64)}
            </button>
        }
    });
    view! {
        <h2 tabindex="-1" autofocus>
            {say::import_result(lang)}
        </h2>
        {(count == 0).then(|| view! { <p class="about">{say::import_nothing(lang)}</p> })}
        {part(say::import_new(lang, result.new.len() as u64), &result.new)}
        {part(say::import_changed(lang, result.changed.len() as u64), &result.changed)}
        {part(say::import_unchanged(lang, result.unchanged.len() as u64), &result.unchanged)}
        <form method="post" action=IMPORT enctype="multipart/form-data" class="import narrow">
            <textarea name="document" hidden inner_html=format!("\n{}", raw_text(&view.document))></textarea>
            <input type="hidden" name="file_name" value=view.file_name.clone() />
            {breaking}
            <div class="save">
                <a class="button" href=IMPORT>
                    {say::import_again(lang)}
                </a>
                {apply}
            </div>
        </form>
    }
    .into_any()
}

fn items(listed: &[ItemView], lang: Lang) -> AnyView {
    let rows = listed.iter().take(LISTED).map(|item| {
        let findings = (!item.findings.is_empty()).then(|| {
            let found = item.findings.iter().map(|FindingView { pointer, detail }| {
                let place = (!pointer.is_empty()).then(|| view! { <code dir="ltr">{pointer.clone()}</code> " " });
                view! { <li>{place} <ForeignText text=detail.clone() /></li> }
            });
            view! { <ul>{found.collect_view()}</ul> }
        });
        view! {
            <li>
                <code>{item.event_type.clone()}</code>
                <span class="hint">
                    <ForeignText text=item.name.clone() />
                </span>
                {findings}
            </li>
        }
    });
    let more = listed.len().saturating_sub(LISTED);
    view! {
        <ul class="import-list">
            {rows.collect_view()}
            {(more > 0).then(|| view! { <li>{say::import_more(lang, more as u64)}</li> })}
        </ul>
    }
    .into_any()
}
