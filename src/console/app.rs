//! The routes of the console.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::console::{
    layout::Layout,
    pages::{details::Details, new_webhook::NewWebhook, not_found::NotFound, sign_in::SignIn, webhooks::Webhooks},
    raw_text::raw_text,
};

/// The console. Pages are rendered whole on the server: they work without scripts, and have true titles and status codes.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| raw_text(&format!("{title} · clearhook")) />
        <Router>
            <Routes fallback=|| view! { <NotFound /> }>
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=Layout ssr=SsrMode::Async>
                    <Route path=path!("/webhooks") view=Webhooks ssr=SsrMode::Async />
                    <Route path=path!("/webhooks/new") view=NewWebhook ssr=SsrMode::Async />
                    <Route path=path!("/webhooks/:id") view=Details ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
