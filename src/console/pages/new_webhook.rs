//! A new webhook.

use leptos::prelude::*;

use crate::{
    console::{address::query, calls::new_form, components::form_page::FormPage, pages::webhook_form::WebhookForm, viewer::lang},
    messages::{common, webhook as say},
};

/// A new webhook.
#[component]
pub(in crate::console) fn NewWebhook() -> impl IntoView {
    let from = query("from");
    let lang = lang();
    Suspend::new(async move {
        let form = new_form(from).await.map(|form| view! { <WebhookForm form /> }.into_any());
        view! { <FormPage title=say::add(lang) list="/webhooks" list_name=common::nav_webhooks(lang) form /> }
    })
}
