//! The rows of custom headers. The buttons are submit buttons of the form: without scripts, the server adds or removes the row.

use std::time::Duration;

use leptos::{html::Input, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

use serde::{Deserialize, Serialize};

use crate::{
    console::{
        error_view::{ErrorView, error_of},
        islands::{
            check::Rule,
            field::{Checked, FieldError},
            focus::takes_focus,
        },
        viewer::lang,
    },
    domain::{headers::is_credential, webhook::HEADERS_MAX},
    messages::webhook as say,
};

/// A custom header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderView {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether the value is a credential, which the log does not show.
    pub secret: bool,
    /// Whether the user has set `secret`. In a new row, `secret` follows the name until the user sets it.
    pub decided: bool,
}

#[derive(Clone, PartialEq, Eq)]
struct Row {
    key: usize,
    header: HeaderView,
    name_error: Option<String>,
    value_error: Option<String>,
}

/// All rows, and the button that adds a row.
#[island]
pub fn HeaderRows(
    /// The headers.
    headers: Vec<HeaderView>,
    /// Errors of the form.
    errors: Vec<ErrorView>,
    /// Whether they may be changed.
    editable: bool,
) -> impl IntoView {
    let of_row = |(key, header)| Row {
        key,
        header,
        name_error: error_of(&errors, &format!("headers-{key}-name")),
        value_error: error_of(&errors, &format!("headers-{key}-value")),
    };
    let first: Vec<Row> = headers.into_iter().enumerate().map(of_row).collect();
    let next_key = StoredValue::new(first.len());
    let rows = RwSignal::new(first);
    let all_error = error_of(&errors, "headers");
    let add = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        let key = next_key.get_value();
        next_key.set_value(key + 1);
        rows.update(|rows| {
            rows.push(Row {
                key,
                header: HeaderView::default(),
                name_error: None,
                value_error: None,
            });
        });
        focus(format!("headers-{key}-name"));
    };
    view! {
        <div class="header-rows">
            <For
                each=move || rows.get()
                key=|row| row.key
                children=move |row| {
                    let key = row.key;
                    let remove = move |event: leptos::ev::MouseEvent| {
                        event.prevent_default();
                        // The row that takes its place, or the one before it, or the button that adds one.
                        let at = rows.with_untracked(|rows| rows.iter().position(|row| row.key == key));
                        rows.update(|rows| rows.retain(|row| row.key != key));
                        let neighbour = rows.with_untracked(|rows| {
                            let at = at?.min(rows.len().checked_sub(1)?);
                            rows.get(at).map(|row| format!("headers-{}-name", row.key))
                        });
                        focus(neighbour.unwrap_or_else(|| "headers".to_owned()));
                    };
                    view! { <HeaderRow row remove editable /> }
                }
            />
        </div>
        <FieldError id="headers".to_owned() error=all_error />
        {editable
            .then(|| {
                view! {
                    <button
                        class="button"
                        type="submit"
                        name="intent"
                        value="add-header"
                        id="headers"
                        autofocus=move || rows.read_untracked().is_empty() && takes_focus("headers")
                        formnovalidate
                        disabled=move || { rows.read().len() >= HEADERS_MAX }
                        on:click=add
                    >
                        {say::header_add(lang())}
                    </button>
                }
            })}
    }
}

/// Moves the focus to a field, after it was rendered.
fn focus(id: String) {
    let focus = move || {
        let field = document().get_element_by_id(&id);
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
            let _ = field.focus();
        }
    };
    set_timeout(focus, Duration::ZERO);
}

#[component]
fn HeaderRow(row: Row, remove: impl Fn(leptos::ev::MouseEvent) + 'static, editable: bool) -> impl IntoView {
    let lang = lang();
    let (number, at) = ((row.key + 1).to_string(), row.key);
    let (name, value) = (
        Checked::new(Rule::HeaderName, row.name_error),
        Checked::new(Rule::HeaderValue, row.value_error),
    );
    let (name_id, value_id) = (format!("headers-{at}-name"), format!("headers-{at}-value"));
    let wrong = |id: &str, checked: Checked| {
        let id = id.to_owned();
        move || view! { <FieldError id=id.clone() error=checked.error.get() /> }
    };
    let (name_error, value_error) = (wrong(&name_id, name), wrong(&value_id, value));
    let (tick, decided) = (NodeRef::<Input>::new(), RwSignal::new(row.header.decided));
    // The property is set directly instead of by a signal, so that a box that the user ticked before hydration stays ticked.
    let follow = move |event: &leptos::web_sys::Event| {
        if let Some(tick) = tick.get_untracked().filter(|_| !decided.get_untracked()) {
            tick.set_checked(is_credential(&event_target_value(event)));
        }
    };
    view! {
        <div class="header-row">
            // A box that is not ticked sends nothing, so each row sends its key.
            <input type="hidden" name="header_row" value=at.to_string() />
            {move || (!decided.get()).then(|| view! { <input type="hidden" name="header_undecided" value=at.to_string() /> })}
            <Part
                id=name_id
                name="header_name"
                label=say::header_name(lang, &number)
                placeholder=say::header_name_short(lang)
                value=row.header.name
                checked=name
                on_input=follow
            />
            <Part
                id=value_id
                name="header_value"
                label=say::header_value(lang, &number)
                placeholder=say::header_value_short(lang)
                value=row.header.value
                checked=value
                on_input=|_| ()
            />
            <label class="tick" title=say::header_secret_hint(lang)>
                <input
                    type="checkbox"
                    name="header_secret"
                    value=at.to_string()
                    checked=row.header.secret
                    aria-label=say::header_secret_which(lang, &number)
                    node_ref=tick
                    on:change=move |_| decided.set(true)
                />
                {say::header_secret(lang)}
            </label>
            {editable
                .then(|| {
                    view! {
                        <button
                            class="button"
                            type="submit"
                            name="intent"
                            value=format!("remove-header-{at}")
                            formnovalidate
                            aria-label=say::header_remove_which(lang, &number)
                            on:click=remove
                        >
                            {say::header_remove(lang)}
                        </button>
                    }
                })}
            {name_error}
            {value_error}
        </div>
    }
}

/// The name or the value of a header.
#[component]
fn Part(
    id: String,
    name: &'static str,
    label: String,
    placeholder: &'static str,
    value: String,
    checked: Checked,
    on_input: impl Fn(&leptos::web_sys::Event) + 'static,
) -> impl IntoView {
    let error_id = format!("{id}-error");
    view! {
        <input
            id=id.clone()
            name=name
            aria-label=label
            placeholder=placeholder
            list=(name == "header_name").then_some("header-names")
            value=value
            autocomplete="off"
            spellcheck="false"
            autofocus=takes_focus(&id) || id == "headers-0-name" && takes_focus("headers")
            aria-invalid=move || checked.invalid()
            aria-describedby=move || checked.error.with(Option::is_some).then(|| error_id.clone())
            on:input=move |event| {
                on_input(&event);
                checked.typed(&event);
            }
            on:change=move |event| checked.done(&event)
        />
    }
}
