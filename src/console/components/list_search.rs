//! The search field and the footer of a list with pages by cursor.

use leptos::prelude::*;

use serde::{Deserialize, Serialize};

use crate::{
    console::{components::query_form::QueryForm, href::href, viewer::lang},
    messages::administration as say,
};

/// The query of such a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchQuery {
    /// The search text.
    pub q: Option<String>,
    /// The cursor of the page.
    pub after: Option<String>,
}

/// The search field.
#[component]
pub(in crate::console) fn Search(
    /// The path of the list.
    path: &'static str,
    /// The placeholder, which says what is searched.
    hint: &'static str,
    /// The search text.
    q: String,
) -> impl IntoView {
    let lang = lang();
    view! {
        <QueryForm action=path.to_owned() class="bar" search=true>
            <label class="visually-hidden" for="q">
                {say::search(lang)}
            </label>
            <input id="q" name="q" type="search" placeholder=hint value=q maxlength="200" />
            <button class="button" type="submit">
                {say::search(lang)}
            </button>
        </QueryForm>
    }
}

/// The number of rows, and the link to the next page.
#[component]
pub(in crate::console) fn Foot(
    /// The path of the list.
    path: &'static str,
    /// The number of rows, in words.
    count: String,
    /// The search text.
    q: Option<String>,
    /// The cursor of the next page.
    next: Option<String>,
) -> impl IntoView {
    let next = next.map(|after| href(path, &SearchQuery { q, after: Some(after) }));
    view! {
        <div class="foot">
            <span>{count}</span>
            {next.map(|next| view! { <a class="button" href=next>{say::older(lang())}</a> })}
        </div>
    }
}

/// The message that nothing matches the search.
#[component]
pub(in crate::console) fn Nothing(
    /// The path of the list.
    path: &'static str,
    /// What was searched.
    why: &'static str,
) -> impl IntoView {
    let lang = lang();
    view! {
        <div class="empty">
            <h2>{say::nothing_found(lang)}</h2>
            <p>{why}</p>
            <p>
                <a class="button" href=path>
                    {say::show_all(lang)}
                </a>
            </p>
        </div>
    }
}
