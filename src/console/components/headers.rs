//! Rows of additional headers. The buttons are submit buttons of the form: without scripts the server adds or removes the row.

use leptos::prelude::*;

use crate::{
    console::{
        calls::{ErrorView, HeaderView},
        components::field::{FieldError, error_of},
        viewer::lang,
    },
    domain::webhook::HEADERS_MAX,
    messages::webhook as say,
};

#[derive(Clone, PartialEq, Eq)]
struct Row {
    key: usize,
    header: HeaderView,
    name_error: Option<String>,
    value_error: Option<String>,
}

/// All rows, and "Add header".
#[component]
pub(in crate::console) fn HeaderRows(
    /// The headers there are.
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
                        rows.update(|rows| rows.retain(|row| row.key != key));
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

#[component]
fn HeaderRow(row: Row, remove: impl Fn(leptos::ev::MouseEvent) + 'static, editable: bool) -> impl IntoView {
    let lang = lang();
    let (number, at) = ((row.key + 1).to_string(), row.key);
    let (name_id, value_id) = (format!("headers-{at}-name"), format!("headers-{at}-value"));
    let invalid = |error: &Option<String>| error.as_ref().map(|_| "true");
    let error_id = |id: &str, error: &Option<String>| error.as_ref().map(|_| format!("{id}-error"));
    view! {
        <div class="header-row">
            <input
                id=name_id.clone()
                name="header_name"
                aria-label=say::header_name(lang, &number)
                placeholder=say::header_name_short(lang)
                value=row.header.name
                autocomplete="off"
                spellcheck="false"
                aria-invalid=invalid(&row.name_error)
                aria-describedby=error_id(&name_id, &row.name_error)
            />
            <input
                id=value_id.clone()
                name="header_value"
                aria-label=say::header_value(lang, &number)
                placeholder=say::header_value_short(lang)
                value=row.header.value
                autocomplete="off"
                spellcheck="false"
                aria-invalid=invalid(&row.value_error)
                aria-describedby=error_id(&value_id, &row.value_error)
            />
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
            <FieldError id=name_id error=row.name_error />
            <FieldError id=value_id error=row.value_error />
        </div>
    }
}
