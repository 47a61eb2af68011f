//! The switch and the menu of a row. The menu is a native popover, which opens without scripts as well.

use leptos::prelude::*;

use crate::{console::viewer::lang, messages::webhooks as say};

/// The switch that enables or disables a webhook: a plain form, which `live_list` sends without leaving the page.
#[component]
pub(super) fn SwitchForm(
    /// The id of the webhook.
    id: String,
    /// Its name.
    name: String,
    /// Whether it is enabled.
    enabled: bool,
    /// The address of the page.
    action: String,
) -> impl IntoView {
    let lang = lang();
    let (label, class) = if enabled {
        (say::disable_which(lang, &name), "toggle on")
    } else {
        (say::enable_which(lang, &name), "toggle")
    };
    view! {
        <form method="post" action=action data-switch="true">
            <input type="hidden" name="id" value=id.clone() />
            <input type="hidden" name="enabled" value=(!enabled).to_string() />
            <button class=class type="submit" id=format!("switch-{id}") aria-label=label.clone() title=label></button>
        </form>
    }
}

/// The button "…" and its menu.
#[component]
pub(super) fn RowMenu(
    /// The id of the webhook.
    id: String,
    /// Its name.
    name: String,
    /// The address of its page.
    path: String,
    /// Its URL.
    url: String,
    /// Whether it is enabled.
    enabled: bool,
    /// Whether the viewer may change it.
    may_write: bool,
    /// The address of the page.
    here: String,
    /// The address of the form for several webhooks.
    bulk: String,
) -> impl IntoView {
    let lang = lang();
    let menu = format!("menu-{id}");
    let change = may_write.then(|| {
        let switch = if enabled { say::disable(lang) } else { say::enable(lang) };
        view! {
            <form method="post" action=here data-switch="true">
                <input type="hidden" name="id" value=id.clone() />
                <input type="hidden" name="enabled" value=(!enabled).to_string() />
                <button type="submit">{switch}</button>
            </form>
            <a href=format!("/webhooks/new?from={id}")>{say::duplicate(lang)}</a>
            <form method="post" action=bulk>
                <input type="hidden" name="ids" value=id.clone() />
                {enabled
                    .then(|| {
                        view! {
                            <button type="submit" name="act" value="test">
                                {say::test(lang)}
                            </button>
                        }
                    })}
                <button class="danger" type="submit" name="act" value="delete">
                    {say::delete(lang)}
                </button>
            </form>
        }
    });
    view! {
        <button
            type="button"
            class="icon-button"
            id=format!("more-{id}")
            popovertarget=menu.clone()
            aria-label=say::more_which(lang, &name)
        >
            <svg class="icon dots" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                <path d="M2 6h.01M6 6h.01M10 6h.01" />
            </svg>
        </button>
        <div class="popup" id=menu popover="auto">
            <a href=path.clone()>{say::open(lang)}</a>
            <a href=format!("{path}#logs")>{say::open_log(lang)}</a>
            {change}
            <button type="button" class="scripted" data-copy-text=url>
                {say::copy_url(lang)}
            </button>
        </div>
    }
}
