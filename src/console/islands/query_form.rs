//! A form whose fields become the address' query: a plain GET form. In the browser a choice from a list is meant at once, and fields
//! that are empty do not reach the address.

use leptos::{
    ev::SubmitEvent,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event, FormData, HtmlFormElement, UrlSearchParams},
};

/// The form.
#[island]
pub fn QueryForm(
    /// Where it leads.
    action: String,
    /// Its class.
    class: String,
    /// Whether it is the page's search.
    search: bool,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    let choose = |event: Event| {
        let chosen = event.target().map(JsCast::unchecked_into::<Element>);
        let form = chosen
            .filter(|chosen| chosen.tag_name() == "SELECT")
            .and_then(|chosen| chosen.closest("form").ok().flatten());
        if let Some(form) = form {
            // A form that is not valid says so itself.
            let _ = form.unchecked_ref::<HtmlFormElement>().request_submit();
        }
    };
    let (path, anchor) = action.split_once('#').map_or((action.clone(), String::new()), |(path, anchor)| {
        (path.to_owned(), format!("#{anchor}"))
    });
    let submit = move |event: SubmitEvent| {
        let Some(query) = event.target().and_then(|form| query(form.unchecked_ref())) else {
            return;
        };
        event.prevent_default();
        let mark = if query.is_empty() { "" } else { "?" };
        let location = window().location();
        // To go where one is already would only scroll.
        let _ = if location.search().is_ok_and(|now| now == format!("{mark}{query}")) {
            location.reload()
        } else {
            location.assign(&format!("{path}{mark}{query}{anchor}"))
        };
    };
    view! {
        <form method="get" action=action class=class role=search.then_some("search") on:change=choose on:submit=submit>
            {children()}
        </form>
    }
}

/// What the fields hold, as a query.
fn query(form: &HtmlFormElement) -> Option<String> {
    let data = FormData::new_with_form(form).ok()?;
    let query = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    let named: Vec<String> = query.keys().into_iter().flatten().filter_map(|key| key.as_string()).collect();
    for name in named {
        if query.get(&name).is_some_and(|value| value.is_empty()) {
            query.delete(&name);
        }
    }
    Some(query.to_string().into())
}
