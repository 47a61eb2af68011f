//! The frame of every page but sign-in.

use leptos::prelude::*;
use leptos_router::components::{A, Outlet};

use crate::console::{calls::who, components::icon::Mark};

/// Navigation at the side, the page beside it.
#[component]
pub fn Layout() -> impl IntoView {
    let who = Resource::new_blocking(|| (), |()| who());
    view! {
        <a class="skip" href="#main" rel="external">"Skip to content"</a>
        <header class="side">
            <A href="/webhooks" attr:class="brand">
                <Mark />
                "clearhook"
            </A>
            <nav aria-label="Main">
                <A href="/webhooks">"Webhooks"</A>
            </nav>
            <form class="account" method="post" action="/sign-out">
                <A href="/account" attr:class="account-name">
                    <Suspense>
                        {move || Suspend::new(async move { who.await.map(|who| who.email).unwrap_or_default() })}
                    </Suspense>
                </A>
                <button class="quiet" type="submit">
                    "Sign out"
                </button>
            </form>
        </header>
        <main id="main" tabindex="-1">
            <Outlet />
        </main>
    }
}
