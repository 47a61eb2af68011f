//! The pages of the console: one table with the path, the access rule, the view and the navigation entry of each.

use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route, Router, Routes},
    hooks::use_params_map,
    path,
};

use crate::{
    auth::{principal::Principal, rules::Action},
    console::{
        href::page_query,
        layout::{Layout, Link},
        pages::{
            account::Account,
            api_keys::{ApiKeys, new::NewApiKey},
            audit_log::AuditLog,
            event_types::{
                catalogue::EventTypes,
                event_type::EventTypePage,
                form_page::{EditEventType, NewEventType},
                import::ImportEventTypes,
                versions::EventTypeVersions,
            },
            guide::{Guide, verify_webhook::VerifyWebhook},
            not_found::NotFound,
            overview::Overview,
            setup::Setup,
            sign_in::{SecondStep, SignIn, SignInView},
            users::{Users, new::NewUser, user::User},
            webhook::details::Details,
            webhook::new_webhook::NewWebhook,
            webhooks::webhook_list::Webhooks,
        },
        server::{reader, signed_in},
        viewer::lang,
    },
    messages::{Lang, common, guide},
    routes::Rule,
};

/// A page of the console.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Its path in axum's syntax: `/webhooks/{id}`.
    pub path: &'static str,
    /// Who may see it.
    pub rule: Rule,
    /// Its name in the navigation. `None` if the navigation has no link to it.
    pub navigation: Option<fn(Lang) -> &'static str>,
}

/// Defines [`PAGES`] and [`App`] from one list. A line is: path for the router, the same path for axum if it has parameters, rule, view, and
/// the name in the navigation if it has one.
macro_rules! pages {
    (
        standalone { $($alone:tt $(as $alone_path:literal)?, $alone_rule:expr, $alone_view:expr;)* }
        framed { $($framed:tt $(as $framed_path:literal)?, $framed_rule:expr, $framed_view:expr $(, $name:expr)?;)* }
    ) => {
        /// All pages, with links of the navigation in their order.
        pub const PAGES: &[Page] = &[
            $(Page { path: pages!(@last $alone $($alone_path)?), rule: $alone_rule, navigation: None },)*
            $(Page {
                path: pages!(@last $framed $($framed_path)?),
                rule: $framed_rule,
                navigation: pages!(@name $($name)?),
            },)*
        ];

        /// The console. Pages are rendered completely on the server: they work without scripts, and have correct titles and status codes.
        #[component]
        pub fn App() -> impl IntoView {
            view! {
                <Router>
                    <Routes fallback=|| framed(view! { <NotFound /> }.into_any())>
                        $(<Route path=path!($alone) view=$alone_view ssr=SsrMode::Async />)*
                        <ParentRoute path=path!("") view=|| view! { <Layout links=navigation()><Outlet /></Layout> } ssr=SsrMode::Async>
                            $(<Route path=path!($framed) view=$framed_view ssr=SsrMode::Async />)*
                        </ParentRoute>
                    </Routes>
                </Router>
            }
        }
    };
    (@last $path:tt) => { $path };
    (@last $path:tt $axum:literal) => { $axum };
    (@name) => { None };
    (@name $name:expr) => { Some($name) };
}

/// The rule of a page for users who are allowed this action.
const fn to(action: Action) -> Rule {
    Rule::Session(action)
}

pages! {
    standalone {
        "/setup", Rule::Guest, || view! { <Setup query=page_query() /> };
        "/sign-in", Rule::Guest, || view! { <SignIn view=SignInView::of_query(page_query()) /> };
        "/sign-in/code", Rule::Guest, || view! { <SecondStep view=SignInView::of_query(page_query()) /> };
    }
    framed {
        "/", to(Action::UseConsole), Overview, common::nav_overview;
        "/account", to(Action::UseConsole), || view! { <Account query=page_query() result=None /> };
        "/webhooks", to(Action::ReadWebhooks), || view! { <Webhooks /> }, common::nav_webhooks;
        "/webhooks/new", to(Action::WriteWebhooks), NewWebhook;
        "/webhooks/:id" as "/webhooks/{id}", to(Action::ReadWebhooks), || view! { <Details id=segment("id") /> };
        "/webhooks/:id/verify" as "/webhooks/{id}/verify", to(Action::ReadWebhooks), || view! { <VerifyWebhook id=segment("id") /> };
        "/event-types", Rule::Catalogue, EventTypes, common::nav_event_types;
        "/event-types/new", to(Action::WriteEventTypes), NewEventType;
        "/event-types/import", to(Action::WriteEventTypes), ImportEventTypes;
        "/event-types/:type" as "/event-types/{type}", Rule::Catalogue, || view! { <EventTypePage key=segment("type") /> };
        "/event-types/:type/edit" as "/event-types/{type}/edit", to(Action::WriteEventTypes), || view! { <EditEventType key=segment("type") /> };
        "/event-types/:type/versions" as "/event-types/{type}/versions", Rule::Catalogue, || view! { <EventTypeVersions key=segment("type") /> };
        "/guide", Rule::Catalogue, Guide, guide::nav;
        "/api-keys", to(Action::ManageApiKeys), || view! { <ApiKeys query=page_query() /> }, common::nav_api_keys;
        "/api-keys/new", to(Action::ManageApiKeys), NewApiKey;
        "/users", to(Action::ManageUsers), || view! { <Users query=page_query() /> }, common::nav_users;
        "/users/new", to(Action::ManageUsers), NewUser;
        "/users/:id" as "/users/{id}", to(Action::ManageUsers), || view! { <User id=segment("id") query=page_query() result=None /> };
        "/audit-log", to(Action::ReadAuditLog), || view! { <AuditLog query=page_query() /> }, common::nav_audit_log;
    }
}

/// A page that a form answers with, inside the frame with the navigation.
pub fn framed(page: AnyView) -> impl IntoView {
    view! { <Layout links=navigation()>{page}</Layout> }
}

/// The links of the navigation to pages that the signed-in user may see.
fn navigation() -> Vec<Link> {
    let by = signed_in().map(Principal::User);
    let is_public = reader().is_ok();
    let may_see = |rule| match (rule, &by) {
        (Rule::Session(action), Some(by)) => by.may(action, true).is_ok(),
        (Rule::Catalogue, by) => by.is_some() || is_public,
        _ => false,
    };
    let shown = PAGES.iter().filter(|page| may_see(page.rule));
    let link = |page: &Page| {
        page.navigation.map(|name| Link {
            path: page.path,
            name: name(lang()),
        })
    };
    shown.filter_map(link).collect()
}

/// A parameter of the path of the page.
fn segment(name: &str) -> String {
    use_params_map().read_untracked().get(name).unwrap_or_default()
}
