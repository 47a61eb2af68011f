//! A field that says what is wrong with it: as the server found it, and then while somebody types.

use std::time::Duration;

use leptos::{prelude::*, web_sys::Event};
use serde::{Deserialize, Serialize};

use crate::console::{
    islands::{check::Rule, focus::takes_focus},
    viewer::lang,
};

/// How long a click takes, from button down to button up.
const CLICK: Duration = Duration::from_millis(250);

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorView {
    /// The field's id in the page.
    pub field: String,
    /// What is wrong and what to do.
    pub detail: String,
}

/// The error of a field, if it has one.
pub fn error_of(errors: &[ErrorView], field: &str) -> Option<String> {
    errors.iter().find(|error| error.field == field).map(|error| error.detail.clone())
}

/// Ids of what describes a field.
pub fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (false, false) => None,
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-error")),
        (true, true) => Some(format!("{id}-error {id}-hint")),
    }
}

/// What is wrong with the field above.
#[component]
pub fn FieldError(
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

/// What is wrong with a field: it changes while somebody types.
#[derive(Clone, Copy)]
pub(super) struct Checked {
    rule: Rule,
    /// What is wrong.
    pub error: RwSignal<Option<String>>,
}

impl Checked {
    /// A field that the server found so.
    pub(super) fn new(rule: Rule, error: Option<String>) -> Self {
        Self {
            rule,
            error: RwSignal::new(error),
        }
    }

    fn check(self, value: &str) {
        let wrong = self.rule.check(value).err();
        self.error.set(wrong.map(|wrong| wrong.text(lang())));
    }

    /// While somebody types, an error goes as soon as the rule has nothing to say (what only the server knows it says anew); none comes
    /// before they are done.
    pub(super) fn typed(self, event: &Event) {
        if self.error.with_untracked(Option::is_some) {
            self.check(&event_target_value(event));
        }
    }

    /// Once they are done, and whatever they clicked on has been: an error moves what stands below it. A field that was only passed
    /// through is not blamed for being empty.
    pub(super) fn done(self, event: &Event) {
        let value = event_target_value(event);
        if !value.is_empty() || self.error.with_untracked(Option::is_some) {
            set_timeout(move || self.check(&value), CLICK);
        }
    }

    /// Whether it is wrong, for `aria-invalid`.
    pub(super) fn invalid(self) -> Option<&'static str> {
        self.error.with(Option::is_some).then_some("true")
    }
}

/// A field of one line, checked while somebody types.
#[island]
pub fn CheckedInput(
    /// Its id and its name in the form.
    name: String,
    /// The kind of input.
    kind: String,
    /// Its class.
    class: Option<String>,
    /// What stands in it.
    value: String,
    /// Whether it is a whole number.
    digits: bool,
    /// Whether it has a hint.
    hint: bool,
    /// What is wrong with it.
    error: Option<String>,
    /// What it must be.
    rule: Rule,
) -> impl IntoView {
    let checked = Checked::new(rule, error);
    let id = StoredValue::new(name.clone());
    view! {
        <input
            id=name.clone()
            name=name
            type=kind
            class=class
            value=value
            inputmode=digits.then_some("numeric")
            dir=(checked.rule == Rule::Name).then_some("auto")
            autocomplete="off"
            spellcheck="false"
            autofocus=takes_focus(&id.get_value())
            aria-invalid=move || checked.invalid()
            aria-describedby=move || described_by(&id.get_value(), hint, checked.error.with(Option::is_some))
            on:input=move |event| checked.typed(&event)
            on:change=move |event| checked.done(&event)
        />
        {move || view! { <FieldError id=id.get_value() error=checked.error.get() /> }}
    }
}
