//! The page for addresses that do not exist.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{console::viewer::lang, messages::common};

/// The page, for the frame with the navigation.
#[component]
pub fn NotFound() -> impl IntoView {
    let lang = lang();
    view! {
        <Title text=common::not_found(lang) />
        <div class="empty">
            <h1>{common::not_found(lang)}</h1>
            <p>{common::no_page(lang)}</p>
            <p>
                <a class="button" href="/webhooks">
                    {common::all_webhooks(lang)}
                </a>
            </p>
        </div>
    }
}
