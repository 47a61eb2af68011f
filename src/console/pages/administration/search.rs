//! What the lists of keys and users share: the search above, and the foot below.

use leptos::prelude::*;

use crate::{
    console::{islands::QueryForm, pages::webhooks::escaped, viewer::lang},
    messages::administration as say,
};

/// The search.
#[component]
pub(super) fn Search(
    /// The list's path.
    path: &'static str,
    /// What it looks through.
    hint: &'static str,
    /// What is searched for.
    q: String,
) -> impl IntoView {
    let lang = lang();
    view! {
        <QueryForm action=path.to_owned() class="bar".to_owned() search=true>
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

/// How many there are, and the way to the next page.
#[component]
pub(super) fn Foot(
    /// The list's path.
    path: &'static str,
    /// How many there are.
    count: String,
    /// What is searched for.
    q: String,
    /// Where the next page begins.
    next: Option<String>,
) -> impl IntoView {
    let searched = if q.is_empty() {
        String::new()
    } else {
        format!("q={}&", escaped(&q))
    };
    let next = next.map(|next| format!("{path}?{searched}after={next}"));
    view! {
        <div class="foot">
            <span>{count}</span>
            {next.map(|next| view! { <a class="button" href=next>{say::older(lang())}</a> })}
        </div>
    }
}

/// Nothing has what is searched for.
#[component]
pub(super) fn Nothing(
    /// The list's path.
    path: &'static str,
    /// Why.
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
