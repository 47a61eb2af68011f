//! A new webhook.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    console::{calls::new_form, components::notice::Trouble, pages::webhook_form::WebhookForm, viewer::lang},
    messages::{common, webhook as say},
};

/// A new webhook.
#[component]
pub(in crate::console) fn NewWebhook() -> impl IntoView {
    let query = use_query_map();
    let from = Memo::new(move |_| query.read().get("from").filter(|from| !from.is_empty()));
    let form = Resource::new_blocking(move || from.get(), new_form);
    let lang = lang();
    view! {
        <Title text=say::add(lang) />
        <p class="crumbs">
            <a href="/webhooks">{common::nav_webhooks(lang)}</a>
            {format!(" / {}", say::add(lang))}
        </p>
        <Suspense>
            {move || Suspend::new(async move {
                match form.await {
                    Ok(form) => {
                        view! {
                            <div class="head">
                                <h1>{say::add(lang)}</h1>
                            </div>
                            <WebhookForm form />
                        }
                            .into_any()
                    }
                    Err(error) => view! { <Trouble error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}
