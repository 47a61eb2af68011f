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

/// A field for a password. What was typed into it never comes back.
#[component]
pub(in crate::console) fn PasswordField(
    /// Its name in the form.
    name: &'static str,
    /// Its id, when that is not its name.
    #[prop(optional)]
    id: Option<&'static str>,
    /// Its label.
    label: &'static str,
    /// Which password it is for password managers: `current-password` or `new-password`.
    autocomplete: &'static str,
    /// What helps to choose one.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// What is wrong with it.
    #[prop(default = None)]
    error: Option<String>,
    /// Whether it is wrong for a reason that stands elsewhere.
    #[prop(optional)]
    invalid: bool,
    /// The id of that reason.
    #[prop(default = None)]
    described: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or(name);
    let described = described.or_else(|| described_by(id, hint.is_some(), error.is_some()));
    let invalid = (invalid || error.is_some()).then_some("true");
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=name
                type="password"
                autocomplete=autocomplete
                required
                maxlength="1024"
                aria-invalid=invalid
                aria-describedby=described
            />
            <FieldError id=id.to_owned() error />
            {hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
        </div>
    }
}
