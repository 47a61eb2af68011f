//! A labelled field with its hint and its error.

use leptos::prelude::*;

use crate::console::calls::ErrorView;

/// The error of a field, if it has one.
pub(in crate::console) fn error_of(errors: &[ErrorView], field: &str) -> Option<String> {
    errors.iter().find(|error| error.field == field).map(|error| error.detail.clone())
}

/// Ids of what describes a field.
pub(in crate::console) fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (false, false) => None,
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-error")),
        (true, true) => Some(format!("{id}-error {id}-hint")),
    }
}

/// What is wrong with the field above.
#[component]
pub(in crate::console) fn FieldError(
    /// The field's id.
    id: String,
    /// What is wrong.
    error: Option<String>,
) -> impl IntoView {
    error.map(|error| {
        view! {
            <p class="field-error" id=format!("{id}-error")>
                {error}
            </p>
        }
    })
}

/// A field of one line.
#[component]
pub(in crate::console) fn TextField(
    /// Its id and its name in the form.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// What stands in it.
    value: String,
    /// What helps to fill it in.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// What is wrong with it.
    error: Option<String>,
    /// The kind of input.
    #[prop(default = "text")]
    kind: &'static str,
    /// Whether it is text for machines.
    #[prop(optional)]
    mono: bool,
    /// Longest value.
    #[prop(default = 2_000)]
    max: usize,
) -> impl IntoView {
    let described = described_by(name, hint.is_some(), error.is_some());
    let invalid = error.as_ref().map(|_| "true");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                class:mono=mono
                value=value
                maxlength=max.to_string()
                autocomplete="off"
                spellcheck="false"
                aria-invalid=invalid
                aria-describedby=described
            />
            <FieldError id=name.to_owned() error />
            {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
        </div>
    }
}
