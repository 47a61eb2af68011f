//! A form whose fields become the address' query: a plain GET form, which in the browser changes the page without loading it anew.

use leptos::{
    ev::SubmitEvent,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event, FormData, HtmlFormElement, UrlSearchParams},
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// The form. Fields that are empty do not reach the address.
#[component]
pub(in crate::console) fn QueryForm(
    /// The page's path.
    path: String,
    /// Where on the page to go: `#logs`.
    #[prop(optional)]
    anchor: &'static str,
    /// Its class.
    class: &'static str,
    /// Whether it is the page's search.
    #[prop(optional)]
    search: bool,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let action = format!("{path}{anchor}");
    let submit = move |event: SubmitEvent| {
        let Some(query) = event.target().and_then(|form| query(form.unchecked_ref())) else {
            return;
        };
        event.prevent_default();
        let mark = if query.is_empty() { "" } else { "?" };
        navigate(&format!("{path}{mark}{query}{anchor}"), NavigateOptions::default());
    };
    // A choice from a list is meant at once; without scripts the button says so.
    let choose = |event: Event| {
        let chosen = event.target().map(|target| target.unchecked_into::<Element>());
        let form = chosen
            .filter(|chosen| chosen.tag_name() == "SELECT")
            .and_then(|chosen| chosen.closest("form").ok().flatten());
        if let Some(form) = form {
            // A form that cannot be sent stays as it is.
            let _ = form.unchecked_ref::<HtmlFormElement>().request_submit();
        }
    };
    view! {
        <form method="get" action=action class=class role=search.then_some("search") on:submit=submit on:change=choose>
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
