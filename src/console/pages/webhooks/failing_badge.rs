//! The number of failing webhooks, beside "Webhooks" in the navigation.

use leptos::prelude::*;

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{server::signed_in, viewer::lang},
    messages::{Lang, common},
    services::webhooks,
};

/// The badge of a page that is rendered. It is empty if nobody is signed in, or if the database does not answer.
#[component]
pub(in crate::console) fn FailingBadge() -> impl IntoView {
    let lang = lang();
    Suspend::new(async move {
        let count = match (use_context::<AppState>(), signed_in()) {
            (Some(app), Some(who)) => webhooks::failing_count(&app, &Principal::User(who)).await.unwrap_or(0),
            _ => 0,
        };
        failing_badge(count, lang)
    })
}

/// The number as a part that the lists and the overview replace while they are open: a link to the failing webhooks, or nothing if none fails.
pub(in crate::console) fn failing_badge(count: u64, lang: Lang) -> AnyView {
    let link = (count > 0).then(|| {
        let name = common::failing_count(lang, count);
        view! {
            <a class="count" href="/webhooks?status=failing" id="failing-count" aria-label=name.clone() title=name>
                {common::plain(lang, count)}
            </a>
        }
    });
    view! {
        <span id="failing-badge" data-list-part="true">
            {link}
        </span>
    }
    .into_any()
}
