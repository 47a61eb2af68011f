//! A form whose fields become the query of the page.

use leptos::prelude::*;

/// A plain GET form. With scripts (`console::client::query_forms`), choosing an option submits it, and empty fields are left out of the
/// address. Without `autocomplete`, a browser does not restore another choice after "back", so a changed field is one that somebody changed. It is not an island, so that it also works in parts of a page that are inserted later.
#[component]
pub(in crate::console) fn QueryForm(
    /// The path to which it leads, with a fragment if wanted.
    action: String,
    /// Its class.
    class: &'static str,
    /// Whether it is the search of the page.
    search: bool,
    /// Names of fields in the query of the page, separated by spaces, that it sends again as they are when it is sent. Without scripts, hidden fields
    /// among its children send them as they were when the page was rendered.
    #[prop(optional, into)]
    keeps: Option<String>,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    view! {
        <form method="get" action=action class=class role=search.then_some("search") data-query="true" data-keeps=keeps autocomplete="off">
            {children()}
        </form>
    }
}
