//! The list of keyboard shortcuts, and the switch that turns them off (WCAG 2.1.4).

use leptos::prelude::*;

use crate::{
    console::viewer::lang,
    messages::{Lang, shortcuts as say},
};

/// The id of the sheet, which `client::shortcuts` opens.
const SHEET: &str = "shortcuts";

type Text = fn(Lang) -> &'static str;

/// The keys, separated by blanks, and what they do.
const KEYS: [(&str, Text); 10] = [
    ("/", say::search),
    ("c", say::add),
    ("g w", say::go_webhooks),
    ("g o", say::go_overview),
    ("j k", say::rows),
    ("Enter", say::open),
    ("x", say::choose),
    ("Esc", say::close),
    ("Ctrl+S", say::save),
    ("?", say::help),
];

/// The button and the sheet, which only scripts need.
#[component]
pub(in crate::console) fn Shortcuts(
    /// Whether the viewer may add webhooks.
    may_add: bool,
) -> impl IntoView {
    let lang = lang();
    let rows = KEYS
        .into_iter()
        .filter(|(keys, _)| may_add || !matches!(*keys, "c" | "x"))
        .map(|(keys, what)| {
            let keys = keys.split(' ').map(|key| view! { <kbd>{key}</kbd> " " });
            view! {
                <div>
                    <dt>{keys.collect_view()}</dt>
                    <dd>{what(lang)}</dd>
                </div>
            }
        });
    view! {
        <button type="button" class="quiet scripted shortcuts-button" popovertarget=SHEET aria-label=say::title(lang) title=say::title(lang)>
            <kbd aria-hidden="true">"?"</kbd>
        </button>
        <div id=SHEET class="sheet" popover="auto" role="dialog" aria-labelledby="shortcuts-title" data-may-add=may_add.then_some("true")>
            <h2 id="shortcuts-title">{say::title(lang)}</h2>
            <dl>{rows.collect_view()}</dl>
            <label>
                <input type="checkbox" id="shortcuts-on" />
                {say::on(lang)}
            </label>
            <button type="button" class="button" popovertarget=SHEET popovertargetaction="hide">
                {say::close_sheet(lang)}
            </button>
        </div>
    }
}
