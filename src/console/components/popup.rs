//! A button that opens a menu or a question over the page (a native popover): nothing around it moves, it works without scripts, and Escape or a
//! click beside it closes it.

use leptos::prelude::*;

/// The button and what it opens.
#[component]
pub(in crate::console) fn Popup(
    /// The id of what is opened.
    id: String,
    /// The text of the button.
    #[prop(into)]
    text: String,
    /// The name of the button, if its text says too little.
    #[prop(optional)]
    name: Option<String>,
    /// The class of the button.
    #[prop(default = "button")]
    class: &'static str,
    /// Whether it asks a question. Otherwise it is a menu of links.
    #[prop(optional)]
    asks: bool,
    /// What is opened.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class=class popovertarget=id.clone() aria-label=name>
            {text}
        </button>
        <div class="popup" class:ask=asks id=id popover="auto">
            {children()}
        </div>
    }
}
