//! A new webhook.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{address::query, calls::new_form, components::notice::Trouble, pages::webhook_form::WebhookForm, viewer::lang},
    messages::{common, webhook as say},
};

/// A new webhook.
#[component]
pub(in crate::console) fn NewWebhook() -> impl IntoView {
    let from = query("from");
    let lang = lang();
    view! {
        <Title text=say::add(lang) />
        <p class="crumbs">
            <a href="/webhooks">{common::nav_webhooks(lang)}</a>
            {format!(" / {}", say::add(lang))}
        </p>
        {Suspend::new(async move {
            match new_form(from).await {
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
    }
}
