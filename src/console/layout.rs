//! The frame of every page but sign-in.

use leptos::prelude::*;
use leptos_router::components::{A, Outlet};

use crate::{
    console::{
        calls::who,
        components::{icon::Mark, preferences::Preferences},
        viewer::lang,
    },
    domain::role::Role,
    messages::{Lang, common},
};

/// The pages that the navigation leads to: path, name, and whether only administrators see it.
const PAGES: [(&str, fn(Lang) -> &'static str, bool); 4] = [
    ("/webhooks", common::nav_webhooks, false),
    ("/api-keys", common::nav_api_keys, true),
    ("/users", common::nav_users, true),
    ("/audit-log", common::nav_audit_log, true),
];

/// Navigation at the side, the page beside it.
#[component]
pub fn Layout() -> impl IntoView {
    let lang = lang();
    let who = Resource::new_blocking(|| (), |()| who());
    let links = move |all: bool| {
        let seen = PAGES.into_iter().filter(move |(.., restricted)| all || !restricted);
        seen.map(|(path, name, _)| view! { <A href=path>{name(lang)}</A> }).collect_view()
    };
    view! {
        <a class="skip" href="#main" rel="external">
            {common::skip(lang)}
        </a>
        <header class="side">
            <A href="/webhooks" attr:class="brand">
                <Mark />
                "clearhook"
            </A>
            <nav aria-label=common::navigation(lang)>
                <Suspense>
                    {move || Suspend::new(async move {
                        links(who.await.is_ok_and(|who| who.role == Role::Administrator))
                    })}
                </Suspense>
            </nav>
            <Preferences />
            <form class="account" method="post" action="/sign-out">
                <span class="account-name">
                    <Suspense>
                        {move || Suspend::new(async move { who.await.map(|who| who.email).unwrap_or_default() })}
                    </Suspense>
                </span>
                <button class="quiet" type="submit">
                    {common::sign_out(lang)}
                </button>
            </form>
        </header>
        <main id="main" tabindex="-1">
            <Outlet />
        </main>
    }
}
