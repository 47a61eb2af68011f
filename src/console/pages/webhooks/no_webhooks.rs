//! What the list shows without rows: before the first webhook, for users who own none, and if a search finds nothing.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{BOLT, CODE, Mark, NavIcon},
        viewer::lang,
    },
    messages::webhooks as say,
};

/// There is no webhook yet: what a webhook is, and the next steps.
#[component]
pub(in crate::console::pages) fn NoWebhooks(
    /// Whether the viewer may add webhooks.
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
                <a class="button primary" href="/webhooks/new">
                    {say::add(lang)}
                </a>
            </p>
        }
        .into_any()
    } else {
        view! { <p>{say::none_owner(lang)}</p> }.into_any()
    };
    view! {
        <div class="empty">
            <Flow />
            <h2>{say::none(lang)}</h2>
            <p>{say::none_why(lang)}</p>
            {rest}
        </div>
    }
}

/// What a webhook does, as a picture: from an event through clearhook to a program. The text below says the same.
#[component]
fn Flow() -> impl IntoView {
    let lang = lang();
    let arrow = || {
        view! {
            <svg class="arrow" viewBox="0 0 48 12" width="48" height="12">
                <path d="M0 6h46M41 1.5 46 6l-5 4.5" />
            </svg>
        }
    };
    view! {
        <div class="flow" aria-hidden="true">
            <span>
                <NavIcon path=BOLT />
                {say::flow_event(lang)}
            </span>
            {arrow()}
            <span>
                <Mark />
                "clearhook"
            </span>
            {arrow()}
            <span>
                <NavIcon path=CODE />
                {say::flow_program(lang)}
            </span>
        </div>
    }
}

/// There are webhooks, but none matches the search.
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
