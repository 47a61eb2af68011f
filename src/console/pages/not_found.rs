//! No page there.

use leptos::prelude::*;
use leptos_meta::Title;

/// No page there.
#[component]
pub(in crate::console) fn NotFound() -> impl IntoView {
    view! {
        <Title text="Not found" />
        <main id="main" class="alone">
            <div class="empty">
                <h1>"Not found"</h1>
                <p>"There is no page at this address. It may have moved, or the link is wrong."</p>
                <p>
                    <a class="button" href="/webhooks">
                        "All webhooks"
                    </a>
                </p>
            </div>
        </main>
    }
}
