//! Links between numbered pages.

use leptos::prelude::*;

use crate::{console::viewer::lang, messages::common};

/// Links to the previous and to the next page.
#[component]
pub(in crate::console) fn Pager(
    /// The number of this page, from 1.
    page: u64,
    /// The number of the last page.
    pages: u64,
    /// The address of a page.
    address: impl Fn(u64) -> String,
) -> impl IntoView {
    let lang = lang();
    let before = (page > 1).then(|| address(page - 1));
    let after = (page < pages).then(|| address(page + 1));
    let link = |href: Option<String>, name: &'static str, rel: &'static str| match href {
        Some(href) => view! { <a class="button" href=href rel=rel id=format!("page-{rel}") data-list-link="true">{name}</a> }.into_any(),
        None => view! { <span class="button" aria-disabled="true">{name}</span> }.into_any(),
    };
    (pages > 1).then(|| {
        view! {
            <nav class="pager" aria-label=common::pages(lang)>
                {link(before, common::previous(lang), "prev")}
                <span>{common::page_of(lang, page, pages)}</span>
                {link(after, common::next(lang), "next")}
            </nav>
        }
    })
}
