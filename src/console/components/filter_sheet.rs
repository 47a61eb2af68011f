//! Filters that stand in the page where there is room, and on a phone in a sheet that a button opens. The sheet is a native popover, which wider
//! windows show as a part of the page, so that there is one set of fields and no script.

use leptos::prelude::*;

use crate::{console::viewer::lang, messages::common};

/// The button, which only phones show.
#[component]
pub(in crate::console) fn SheetButton(
    /// The id of the sheet.
    sheet: &'static str,
    /// The name of the button, if its text says too little.
    #[prop(optional, into)]
    name: Option<String>,
    /// The text.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class="button sheet-button" popovertarget=sheet aria-label=name>
            {children()}
        </button>
    }
}

/// The sheet.
#[component]
pub(in crate::console) fn FilterSheet(
    /// Its id.
    id: &'static str,
    /// Its heading.
    heading: &'static str,
    /// The fields.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="filter-sheet" id=id popover="auto">
            <p class="sheet-head">
                <strong>{heading}</strong>
                <button type="button" class="quiet" popovertarget=id popovertargetaction="hide">
                    {common::close(lang())}
                </button>
            </p>
            {children()}
        </div>
    }
}

/// The number of filters that are set, behind the text of the button. Nothing if there is none.
pub(in crate::console) fn set_text(set: usize) -> String {
    if set > 0 { format!("({set})") } else { String::new() }
}
