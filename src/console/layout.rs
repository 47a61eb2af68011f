//! The frame of the pages for signed-in users: the navigation at the side, and the page beside it.

use axum::http::request::Parts;
use leptos::prelude::*;

use crate::{
    console::{
        components::{icon::Mark, preferences::Preferences},
        href::href,
        pages::sign_in::SignInQuery,
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
        view! {
            <a href=path aria-current=current>
                {name}
            </a>
        }
    });
    let links = links.collect_view();
    let account = is_within(&here, "/account").then_some("page");
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
            <Preferences />
            {match signed_in() {
                Some(who) => {
                    view! {
                        <form class="account" method="post" action="/sign-out">
                            <a href="/account" class="account-name" aria-current=account>
                                {who.email}
                            </a>
                            <button class="quiet" type="submit">
                                {common::sign_out(lang)}
                            </button>
                        </form>
                    }
                        .into_any()
                }
                // A reader of the public catalogue.
                None => {
                    view! {
                        <p class="account">
                            <a href=href("/sign-in", &SignInQuery { next: Some(here) })>{event_types::sign_in(lang)}</a>
                        </p>
                    }
                        .into_any()
                }
            }}
        </header>
        <main id="main" tabindex="-1">
            {children()}
        </main>
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
