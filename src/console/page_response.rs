//! A page as the response of a form: what is wrong with it, or a secret that is shown once. No address leads to such a page.

use std::{fmt, sync::Arc};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use leptos::prelude::AnyView;

/// A page that a handler answers with. It is an extension of the response; `web::pages` renders it, because only the router knows the
/// document around it.
#[derive(Clone)]
pub struct PageResponse {
    view: Arc<dyn Fn() -> AnyView + Send + Sync>,
    is_framed: bool,
}

impl PageResponse {
    /// A response with this page inside the frame with the navigation.
    pub fn framed(status: StatusCode, view: impl Fn() -> AnyView + Send + Sync + 'static) -> Response {
        Self::respond(status, true, view)
    }

    /// A response with this page, which has no navigation.
    pub fn standalone(status: StatusCode, view: impl Fn() -> AnyView + Send + Sync + 'static) -> Response {
        Self::respond(status, false, view)
    }

    fn respond(status: StatusCode, is_framed: bool, view: impl Fn() -> AnyView + Send + Sync + 'static) -> Response {
        let mut response = status.into_response();
        let view = Arc::new(view);
        response.extensions_mut().insert(Self { view, is_framed });
        response
    }

    /// Whether the page belongs inside the frame with the navigation.
    pub const fn is_framed(&self) -> bool {
        self.is_framed
    }

    /// Makes the view. It must be called while a document is rendered.
    pub fn view(&self) -> AnyView {
        (self.view)()
    }
}

impl fmt::Debug for PageResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageResponse")
            .field("is_framed", &self.is_framed)
            .finish_non_exhaustive()
    }
}
