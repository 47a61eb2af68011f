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
    pages::{
        account::Account,
        administration::{api_keys::ApiKeys, audit_log::AuditLog, new_api_key::NewApiKey, new_user::NewUser, user::User, users::Users},
        details::Details,
        event_type::OneEventType,
        event_types::EventTypes,
        new_webhook::NewWebhook,
        not_found::NotFound,
        overview::Overview,
        setup::Setup,
        sign_in::{SecondStep, SignIn},
        webhooks::Webhooks,
    },
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
                <Route path=path!("/setup") view=Setup ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async />
                <Route path=path!("/sign-in/code") view=SecondStep ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=Layout ssr=SsrMode::Async>
                    <Route path=path!("/") view=Overview ssr=SsrMode::Async />
                    <Route path=path!("/account") view=Account ssr=SsrMode::Async />
                    <Route path=path!("/webhooks") view=Webhooks ssr=SsrMode::Async />
                    <Route path=path!("/webhooks/new") view=NewWebhook ssr=SsrMode::Async />
                    <Route path=path!("/webhooks/:id") view=Details ssr=SsrMode::Async />
                    <Route path=path!("/event-types") view=EventTypes ssr=SsrMode::Async />
                    <Route path=path!("/event-types/:type") view=OneEventType ssr=SsrMode::Async />
                    <Route path=path!("/api-keys") view=ApiKeys ssr=SsrMode::Async />
                    <Route path=path!("/api-keys/new") view=NewApiKey ssr=SsrMode::Async />
                    <Route path=path!("/users") view=Users ssr=SsrMode::Async />
                    <Route path=path!("/users/new") view=NewUser ssr=SsrMode::Async />
                    <Route path=path!("/users/:id") view=User ssr=SsrMode::Async />
                    <Route path=path!("/audit-log") view=AuditLog ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
