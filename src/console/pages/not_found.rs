//! No page there, or none that can be shown.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{calls::refusal, pages::refused::Refused, viewer::lang},
    messages::common,
};

/// No page there, or none that can be shown.
#[component]
pub(in crate::console) fn NotFound() -> impl IntoView {
    let lang = lang();
    if let Some(refusal) = refusal() {
        return view! { <Refused refusal /> }.into_any();
    }
    view! {
        <Title text=common::not_found(lang) />
        <main id="main" class="alone">
            <div class="empty">
                <h1>{common::not_found(lang)}</h1>
                <p>{common::no_page(lang)}</p>
                <p>
                    <a class="button" href="/webhooks">
                        {common::all_webhooks(lang)}
                    </a>
                </p>
            </div>
        </main>
    }
    .into_any()
}
