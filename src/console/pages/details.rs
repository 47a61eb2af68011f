//! A webhook that there is: its five sections.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        address::{query, segment},
        calls::{ActedView, details_form},
        components::{
            notice::{Done, Trouble},
            state::StatusBadge,
        },
        pages::{
            logs::Logs,
            webhook_actions::{actions, outcome},
            webhook_form::WebhookForm,
        },
        viewer::lang,
    },
    messages::{common, webhook as say},
};

/// A webhook.
#[component]
pub(in crate::console) fn Details() -> impl IntoView {
    let lang = lang();
    let id = segment("id");
    let of = id.clone();
    let saved = query("saved");
    view! {
        {Suspend::new(async move {
            match details_form(&of).await {
                Ok(form) => {
                    let done = match saved.as_deref() {
                        Some("created") => Some(say::added(lang)),
                        Some("changed") => Some(say::saved(lang)),
                        Some("tested") => Some(say::tested(lang)),
                        _ => None,
                    };
                    view! {
                        <Title text=form.title.clone() />
                        <p class="crumbs">
                            <a href="/webhooks">{common::nav_webhooks(lang)}</a>
                            " / "
                            <bdi>{form.title.clone()}</bdi>
                        </p>
                        <div class="head">
                            <h1>
                                <bdi>{form.title.clone()}</bdi>
                            </h1>
                            {form.status.map(|status| view! { <StatusBadge status /> })}
                        </div>
                        {form.reason.clone().map(|reason| view! { <p class="notice warn">{say::disabled_by_clearhook(lang, &reason)}</p> })}
                        {outcome(&form.acted, lang)}
                        {done.filter(|_| form.errors.is_empty() && form.acted == ActedView::default()).map(|text| view! { <Done text /> })}
                        {form.editable.then(|| actions(&form, lang))}
                        <WebhookForm form />
                    }
                        .into_any()
                }
                Err(error) => view! { <Title text=common::not_found(lang) /> <Trouble error /> }.into_any(),
            }
        })}
        <Logs id />
    }
}
