//! The frame of pages without navigation.

use leptos::prelude::*;

use crate::console::components::{icon::Mark, preferences::Preferences};

/// A narrow column below the name of the product.
#[component]
pub(in crate::console) fn CenteredPage(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// Whether the page contains something that a change of the language or theme would lose. It then has no such buttons.
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
