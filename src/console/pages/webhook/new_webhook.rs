//! The page `/webhooks/new`.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    console::{
        ConsoleError,
        components::form_page::FormPage,
        href::page_query,
        pages::webhook::{
            load_form::{FormView, load_new},
            webhook_form::WebhookFields,
        },
        server::{caller, console_error},
        viewer::lang,
    },
    messages::{common, webhook as say},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NewWebhookQuery {
    /// The id of the webhook that is copied.
    from: Option<String>,
}

/// The page.
#[component]
pub(in crate::console) fn NewWebhook() -> impl IntoView {
    let NewWebhookQuery { from } = page_query();
    Suspend::new(async move {
        let loaded = async {
            let (app, by) = caller()?;
            load_new(&app, &by, None, from).await.map_err(console_error)
        };
        let form = loaded.await;
        view! { <NewWebhookPage form /> }
    })
}

/// The page with this form.
#[component]
pub(super) fn NewWebhookPage(
    /// The form.
    form: Result<FormView, ConsoleError>,
) -> impl IntoView {
    let lang = lang();
    let form = form.map(|form| {
        let copied = form
            .copied
            .clone()
            .map(|name| view! { <p class="notice warn">{say::copied_from(lang, &name)}</p> });
        view! {
            {copied}
            <WebhookFields form />
        }
        .into_any()
    });
    view! { <FormPage title=say::add(lang) list="/webhooks" list_name=common::nav_webhooks(lang) form /> }
}
