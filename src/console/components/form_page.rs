//! The page of something new: where it belongs, its heading, its form.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::console::{ConsoleError, components::notice::Trouble};

/// The page, or why there is none.
#[component]
pub(in crate::console) fn FormPage(
    /// What it is for.
    title: &'static str,
    /// The list that it adds to.
    list: &'static str,
    /// What that list is called.
    list_name: &'static str,
    /// The form.
    form: Result<AnyView, ConsoleError>,
) -> impl IntoView {
    let body = match form {
        Ok(form) => view! {
            <div class="head">
                <h1>{title}</h1>
            </div>
            {form}
        }
        .into_any(),
        Err(error) => view! { <Trouble error /> }.into_any(),
    };
    view! {
        <Title text=title />
        <p class="crumbs">
            <a href=list>{list_name}</a>
            " / "
            {title}
        </p>
        {body}
    }
}
