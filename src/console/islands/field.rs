//! A field with its error: the one that the server found, and then the one that the browser finds while the user types.

use std::time::Duration;

use leptos::{prelude::*, web_sys::Event};

use crate::console::{
    islands::{
        check::Rule,
        check_webhook_field::{WebhookField, check_webhook_field},
        focus::takes_focus,
    },
    viewer::lang,
};

/// The longest time between pressing and releasing a mouse button in a click.
const CLICK: Duration = Duration::from_millis(250);

/// The ids of the hint and the error of a field, for `aria-describedby`.
pub fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (false, false) => None,
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-error")),
        (true, true) => Some(format!("{id}-error {id}-hint")),
    }
}

/// The error below a field.
#[component]
pub fn FieldError(
    /// The id of the field.
    id: String,
    /// The error.
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

/// The error of a field, which changes while the user types.
#[derive(Clone, Copy)]
pub(super) struct Checked {
    rule: Rule,
    /// The error.
    pub error: RwSignal<Option<String>>,
    /// The value that was checked last.
    value: StoredValue<String>,
}

impl Checked {
    /// A field with the error that the server found.
    pub(super) fn new(rule: Rule, error: Option<String>) -> Self {
        Self {
            rule,
            error: RwSignal::new(error),
            value: StoredValue::new(String::new()),
        }
    }

    fn check(self, value: &str) {
        let error = self.rule.check(value).err();
        self.error.set(error.map(|error| error.text(lang())));
        self.value.set_value(value.to_owned());
    }

    /// Checks the rules that only the server knows. If it does not answer, they are checked when the form is saved.
    fn check_on_server(self, value: String) {
        if !matches!(self.rule, Rule::Url { .. }) || self.error.with_untracked(Option::is_some) {
            return;
        }
        leptos::task::spawn_local(async move {
            let error = check_webhook_field(WebhookField::Url, value.clone()).await;
            // The user may have changed the value meanwhile.
            if let (Ok(error), true) = (error, self.value.with_value(|latest| *latest == value)) {
                self.error.set(error);
            }
        });
    }

    /// Handles typing. An error disappears as soon as the value fits the rule. No new error appears before the user leaves the field.
    pub(super) fn typed(self, event: &Event) {
        if self.error.with_untracked(Option::is_some) {
            self.check(&event_target_value(event));
        }
    }

    /// Handles leaving the field. The error appears after the time of a click, because it moves the elements below it, and the user may be
    /// clicking on one of them. An empty field is not an error until it was filled in once.
    pub(super) fn done(self, event: &Event) {
        let value = event_target_value(event);
        if !value.is_empty() || self.error.with_untracked(Option::is_some) {
            let check = move || {
                self.check(&value);
                self.check_on_server(value);
            };
            set_timeout(check, CLICK);
        }
    }

    /// Whether there is an error, for `aria-invalid`.
    pub(super) fn invalid(self) -> Option<&'static str> {
        self.error.with(Option::is_some).then_some("true")
    }
}

/// A field of one line that is checked while the user types.
#[island]
pub fn CheckedInput(
    /// Its id and its name in the form.
    name: String,
    /// The kind of input.
    kind: String,
    /// Its class.
    class: Option<String>,
    /// Its value.
    value: String,
    /// Whether it is a whole number.
    digits: bool,
    /// Whether it has a hint.
    hint: bool,
    /// Its error.
    error: Option<String>,
    /// The rule for its value.
    rule: Rule,
    /// Whether it must be filled in.
    required: bool,
    /// What an empty field shows.
    placeholder: Option<String>,
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
            aria-required=required.then_some("true")
            placeholder=placeholder
            aria-invalid=move || checked.invalid()
            aria-describedby=move || described_by(&id.get_value(), hint, checked.error.with(Option::is_some))
            on:input=move |event| checked.typed(&event)
            on:change=move |event| checked.done(&event)
        />
        {move || view! { <FieldError id=id.get_value() error=checked.error.get() /> }}
    }
}
