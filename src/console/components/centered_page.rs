//! The frame of pages for nobody in particular.

use leptos::prelude::*;

use crate::console::components::{icon::Mark, preferences::Preferences};

/// A narrow column under the product's name.
#[component]
pub(in crate::console) fn Alone(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// Whether the page holds something that a change of language or theme would lose.
    #[prop(optional)]
    holds: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <main id="main" class="alone">
            <div class="sign-in">
                <p class="brand">
                    <Mark />
                    "clearhook"
                </p>
                <h1>{title}</h1>
                {children()}
                {(!holds).then(|| view! { <Preferences /> })}
            </div>
        </main>
    }
}
