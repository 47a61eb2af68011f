//! A new webhook.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::console::{calls::new_form, components::notice::Trouble, pages::webhook_form::WebhookForm};

/// A new webhook.
#[component]
pub(in crate::console) fn NewWebhook() -> impl IntoView {
    let form = Resource::new_blocking(|| (), |()| new_form());
    view! {
        <Title text="Add webhook" />
        <p class="crumbs">
            <a href="/webhooks">"Webhooks"</a>
            " / Add webhook"
        </p>
        <Suspense>
            {move || Suspend::new(async move {
                match form.await {
                    Ok(form) => {
                        view! {
                            <div class="head">
                                <h1>"Add webhook"</h1>
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
