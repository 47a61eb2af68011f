//! The frame of the pages for signed-in users: the navigation at the side, and the page beside it.

use axum::http::request::Parts;
use leptos::prelude::*;

use crate::{
    auth::{principal::Principal, rules::Action},
    console::{
        components::{
            account_menu::AccountMenu,
            icon::{BOLT, KEY, LAYERS, Mark, NavIcon, PERSON, SHEET, SHIELD, TILES},
            shortcuts::Shortcuts,
        },
        href::href,
        pages::{sign_in::SignInQuery, webhooks::failing_badge::FailingBadge},
        server::signed_in,
        viewer::lang,
    },
    messages::{common, event_types},
};

/// A link of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The path of the page.
    pub path: &'static str,
    /// The name of the page.
    pub name: &'static str,
}

/// The frame.
#[component]
pub fn Layout(
    /// The links of the navigation.
    links: Vec<Link>,
    children: Children,
) -> impl IntoView {
    let lang = lang();
    let here = use_context::<Parts>().map_or_else(String::new, |parts| parts.uri.path().to_owned());
    let links = links.into_iter().map(|Link { path, name }| {
        let current = is_within(&here, path).then_some("page");
        let failing = (path == "/webhooks").then(|| view! { <FailingBadge /> });
        view! {
            <div class="nav-entry">
                <a href=path aria-current=current>
                    <NavIcon path=icon(path) />
                    {name}
                </a>
                {failing}
            </div>
        }
    });
    let links = links.collect_view();
    let is_account = is_within(&here, "/account");
    let who = signed_in();
    let may_add = who
        .clone()
        .is_some_and(|who| Principal::User(who).may(Action::WriteWebhooks, false).is_ok());
    let email = who.map(|who| who.email);
    let is_user = email.is_some();
    // A reader of the public catalogue.
    let sign_in = (!is_user).then(
        || view! { <a href=href("/sign-in", &SignInQuery { next: Some(here.clone()), unsent: None })>{event_types::sign_in(lang)}</a> },
    );
    view! {
        <a class="skip" href="#main" rel="external">
            {common::skip(lang)}
        </a>
        <header class="side">
            <a href="/" class="brand">
                <Mark />
                "clearhook"
            </a>
            <nav aria-label=common::navigation(lang)>{links}</nav>
            <div class="account">
                {sign_in}
                <AccountMenu email is_account />
                {is_user.then(|| view! { <Shortcuts may_add /> })}
            </div>
        </header>
        <main id="main" tabindex="-1">
            {children()}
        </main>
    }
}

/// The icon of a page.
fn icon(path: &str) -> &'static str {
    match path {
        "/" => TILES,
        "/webhooks" => BOLT,
        "/event-types" => LAYERS,
        "/api-keys" => KEY,
        "/guide" => SHIELD,
        "/users" => PERSON,
        _ => SHEET,
    }
}

/// Whether the page at `here` is the one at `path` or belongs to it: `/webhooks/new` belongs to `/webhooks`. No page belongs to `/`.
fn is_within(here: &str, path: &str) -> bool {
    here.strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || (path != "/" && rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_of_a_page_is_current_on_it_and_on_the_pages_below_it() {
        for (here, path) in [("/", "/"), ("/webhooks", "/webhooks"), ("/webhooks/new", "/webhooks")] {
            assert!(is_within(here, path), "{here} {path}");
        }
        for (here, path) in [("/webhooks", "/"), ("/webhooks-old", "/webhooks"), ("/", "/webhooks")] {
            assert!(!is_within(here, path), "{here} {path}");
        }
    }
}
