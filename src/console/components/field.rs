//! Form fields with label, hint and error.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{EYE, Icon},
        islands::{CheckedInput, FieldError, Rule, described_by, takes_focus},
        viewer::lang,
    },
    messages::common,
};

/// A field of one line.
#[component]
pub(in crate::console) fn TextField(
    /// Its id and its name in the form.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// Its value.
    value: String,
    /// A hint.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Its error.
    error: Option<String>,
    /// The kind of input.
    #[prop(default = "text")]
    kind: &'static str,
    /// Whether the font is monospaced.
    #[prop(optional)]
    mono: bool,
    /// Whether it is a whole number. The type of the field is still `text`, because a field of the type `number` loses other input.
    #[prop(optional)]
    digits: bool,
    /// The rule that the browser checks while the user types.
    #[prop(optional)]
    rule: Option<Rule>,
    /// Whether it must be filled in.
    #[prop(optional)]
    required: bool,
    /// What an empty field shows.
    #[prop(optional)]
    placeholder: Option<&'static str>,
) -> impl IntoView {
    let described = described_by(name, hint.is_some(), error.is_some());
    let invalid = error.as_ref().map(|_| "true");
    let class = mono.then(|| "mono".to_owned());
    let input = match rule {
        Some(rule) => {
            view! { <CheckedInput name=name.to_owned() kind=kind.to_owned() class value digits hint=hint.is_some() error rule required placeholder=placeholder.map(str::to_owned) /> }
                .into_any()
        }
        None => view! {
            <input
                id=name
                name=name
                type=kind
                class=class
                value=value
                inputmode=digits.then_some("numeric")
                autocomplete="off"
                spellcheck="false"
                autofocus=takes_focus(name)
                aria-invalid=invalid
                aria-required=required.then_some("true")
                placeholder=placeholder
                aria-describedby=described
            />
            <FieldError id=name.to_owned() error />
        }
        .into_any(),
    };
    let label = if required {
        // The mark is beside the label, so that the name of the field stays the label alone. Screen readers say "required" by themselves.
        view! {
            <div class="label-line">
                <label for=name>{label}</label>
                <Required />
            </div>
        }
        .into_any()
    } else {
        view! { <label for=name>{label}</label> }.into_any()
    };
    view! {
        <div class="field">
            {label}
            {input}
            {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
        </div>
    }
}

/// The mark of a field that has to be filled in, beside its label.
#[component]
pub(in crate::console) fn Required() -> impl IntoView {
    view! {
        <span class="required" aria-hidden="true">
            {common::required(lang())}
        </span>
    }
}

/// The field for the email address of an account.
#[component]
pub(in crate::console) fn EmailField(
    /// Its label.
    label: &'static str,
    /// Its value.
    value: String,
    /// A hint.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Its error.
    #[prop(default = None)]
    error: Option<String>,
    /// Whether it is invalid for a reason that is shown elsewhere.
    #[prop(optional)]
    invalid: bool,
    /// The id of the element with that reason.
    #[prop(default = None)]
    described: Option<String>,
    /// Whether it takes the focus although it has no error.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let focus = focus || error.is_some();
    let described = described.or_else(|| described_by("email", hint.is_some(), error.is_some()));
    let invalid = (invalid || error.is_some()).then_some("true");
    view! {
        <div class="field">
            <label for="email">{label}</label>
            <input
                id="email"
                name="email"
                type="email"
                autocomplete="username"
                required
                maxlength="254"
                autofocus=focus
                value=value
                aria-invalid=invalid
                aria-describedby=described
            />
            <FieldError id="email".to_owned() error />
            {hint.map(|hint| view! { <p class="hint" id="email-hint">{hint}</p> })}
        </div>
    }
}

/// A field for a password. The server never sends its value back.
#[component]
pub(in crate::console) fn PasswordField(
    /// Its name in the form.
    name: &'static str,
    /// Its id, if it differs from its name.
    #[prop(optional)]
    id: Option<&'static str>,
    /// Its label.
    label: &'static str,
    /// The kind of password, for password managers: `current-password` or `new-password`.
    autocomplete: &'static str,
    /// A hint.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Its error.
    #[prop(default = None)]
    error: Option<String>,
    /// Whether it is invalid for a reason that is shown elsewhere.
    #[prop(optional)]
    invalid: bool,
    /// The id of the element with that reason.
    #[prop(default = None)]
    described: Option<String>,
    /// Whether it takes the focus although it has no error.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let id = id.unwrap_or(name);
    let focus = focus || error.is_some();
    let described = described.or_else(|| described_by(id, hint.is_some(), error.is_some()));
    let invalid = (invalid || error.is_some()).then_some("true");
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="password">
                <input
                    id=id
                    name=name
                    type="password"
                    autocomplete=autocomplete
                    required
                    maxlength="1024"
                    spellcheck="false"
                    autocapitalize="none"
                    autofocus=focus
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <Reveal of=id />
            </div>
            <FieldError id=id.to_owned() error />
            {hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
        </div>
    }
}

/// A button within a field that shows the password as text while it is pressed in (`console::client::reveal`). It is hidden without scripts.
#[component]
pub(in crate::console) fn Reveal(
    /// The id of the field.
    of: &'static str,
) -> impl IntoView {
    let name = common::show_password(lang());
    view! {
        <button class="reveal scripted" type="button" data-reveal=of aria-pressed="false" aria-label=name title=name>
            <Icon path=EYE />
        </button>
    }
}
