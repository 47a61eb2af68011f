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

/// A page that the navigation leads to.
struct Entry {
    path: &'static str,
    name: fn(Lang) -> &'static str,
    /// Whether only administrators see it.
    restricted: bool,
}

impl Entry {
    const fn new(path: &'static str, name: fn(Lang) -> &'static str, restricted: bool) -> Self {
        Self { path, name, restricted }
    }
}

const ENTRIES: [Entry; 6] = [
    Entry::new("/", common::nav_overview, false),
    Entry::new("/webhooks", common::nav_webhooks, false),
    Entry::new("/event-types", common::nav_event_types, false),
    Entry::new("/api-keys", common::nav_api_keys, true),
    Entry::new("/users", common::nav_users, true),
    Entry::new("/audit-log", common::nav_audit_log, true),
];

/// Navigation at the side, the page beside it.
#[component]
pub fn Layout() -> impl IntoView {
    let lang = lang();
    let who = who();
    let is_administrator = who.as_ref().is_some_and(|who| who.role == Role::Administrator);
    let links = ENTRIES
        .into_iter()
        .filter(|entry| is_administrator || !entry.restricted)
        .map(|entry| view! { <A href=entry.path exact=entry.path == "/">{(entry.name)(lang)}</A> })
        .collect_view();
    view! {
        <a class="skip" href="#main" rel="external">
            {common::skip(lang)}
        </a>
        <header class="side">
            <a href="/" class="brand">
                <Mark />
                "clearhook"
            </a>
            <nav aria-label=common::navigation(lang)>
                {links}
            </nav>
            <Preferences />
            <form class="account" method="post" action="/sign-out">
                <A href="/account" attr:class="account-name">
                    {who.map(|who| who.email)}
                </A>
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
