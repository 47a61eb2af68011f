//! The page with the form of a new object.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::console::{ConsoleError, components::notice::Trouble};

/// The page: breadcrumbs, heading, and the form or an error.
#[component]
pub(in crate::console) fn FormPage(
    /// The title.
    title: &'static str,
    /// The path of the list to which the object is added.
    list: &'static str,
    /// The name of that list.
    list_name: &'static str,
    /// The form, or why it cannot be shown.
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
