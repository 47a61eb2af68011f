//! A list without rows: at first, for whoever owns nothing, and when nothing was found.

use leptos::prelude::*;

use crate::{
    console::{components::icon::Mark, viewer::lang},
    messages::webhooks as say,
};

/// There is no webhook yet: what one is, and how to go on.
#[component]
pub(super) fn NoWebhooks(
    /// Whether they may add one.
    may_write: bool,
) -> impl IntoView {
    let lang = lang();
    let rest = if may_write {
        view! {
            <ol class="steps">
                <li>{say::none_step_add(lang)}</li>
                <li>{say::none_step_publish(lang)}</li>
                <li>{say::none_step_read(lang)}</li>
            </ol>
            <p>
                <a class="button" href="/webhooks/new">
                    {say::add_first(lang)}
                </a>
            </p>
        }
        .into_any()
    } else {
        view! { <p>{say::none_owner(lang)}</p> }.into_any()
    };
    view! {
        <div class="empty">
            <Mark />
            <h2>{say::none(lang)}</h2>
            <p>{say::none_why(lang)}</p>
            {rest}
        </div>
    }
}

/// There are webhooks, but none like that.
#[component]
pub(super) fn NothingFound() -> impl IntoView {
    let lang = lang();
    view! {
        <div class="empty">
            <h2>{say::nothing_found(lang)}</h2>
            <p>{say::nothing_found_why(lang)}</p>
            <p>
                <a class="button" href="/webhooks">
                    {say::show_all(lang)}
                </a>
            </p>
        </div>
    }
}
