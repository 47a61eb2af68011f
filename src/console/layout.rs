//! The frame of every page but sign-in.

use leptos::prelude::*;
use leptos_router::components::{A, Outlet};

use crate::{
    console::{
        calls::who,
        components::{icon::Mark, preferences::Preferences},
        viewer::lang,
    },
    messages::{Lang, common},
};

/// The pages that the navigation leads to.
const PAGES: [(&str, fn(Lang) -> &'static str); 1] = [("/webhooks", common::nav_webhooks)];

/// Navigation at the side, the page beside it.
#[component]
pub fn Layout() -> impl IntoView {
    let lang = lang();
    let who = Resource::new_blocking(|| (), |()| who());
    let links = PAGES.map(|(path, name)| view! { <A href=path>{name(lang)}</A> });
    view! {
        <a class="skip" href="#main" rel="external">
            {common::skip(lang)}
        </a>
        <header class="side">
            <A href="/webhooks" attr:class="brand">
                <Mark />
                "clearhook"
            </A>
            <nav aria-label=common::navigation(lang)>{links.collect_view()}</nav>
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
