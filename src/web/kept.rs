//! What was typed into a form whose session had ended meanwhile: it travels in the page that asks to sign in, and goes on from there.
//! Nothing is stored, so strangers fill nothing.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, request::Parts},
    response::Response,
};
use url::form_urlencoded;

use crate::{
    console::calls::{KeptView, SignInView},
    state::AppState,
    web::{
        forms::{Fields, page},
        guard::{is_same_origin, nobody},
        pages::render,
        strict,
    },
};

/// Largest form that is kept, in bytes; encoded anew it must fit into another form.
const KEPT_MAX: usize = 64 * 1024;

/// Asks a person to sign in first. What they typed is kept.
pub(super) async fn sign_in_first(app: &AppState, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let own = is_same_origin(request.headers(), strict::site(request.uri(), request.headers()));
    if request.method() != Method::POST || !own || !is_kept(&path) {
        return nobody(&request.into_parts().0);
    }
    let head = copied(&request);
    let Ok((parts, fields)) = Fields::read(request).await else {
        return nobody(&head);
    };
    let typed = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.pairs())
        .finish();
    if typed.len() > KEPT_MAX {
        return nobody(&parts);
    }
    let view = SignInView {
        kept: Some(KeptView { path, typed }),
        ..SignInView::default()
    };
    render(app, page(parts, "/sign-in"), view, StatusCode::UNAUTHORIZED).await
}

/// What a form of signing in brings along.
pub(super) fn brought(fields: &Fields) -> Option<KeptView> {
    let (path, typed) = (fields.one("kept_path"), fields.one("kept"));
    (is_kept(&path) && typed.len() <= KEPT_MAX).then_some(KeptView { path, typed })
}

/// Forms that take longer to fill in than to do without. None holds a password.
fn is_kept(path: &str) -> bool {
    let of_a_webhook = |path: &str| {
        path.strip_prefix("/webhooks/")
            .is_some_and(|id| !id.is_empty() && !id.contains('/'))
    };
    path == "/api-keys/new" || of_a_webhook(path)
}

/// The head of a request, without its body.
fn copied(request: &Request) -> Parts {
    let mut head = Request::new(axum::body::Body::empty()).into_parts().0;
    head.method = request.method().clone();
    head.uri = request.uri().clone();
    head.headers = HeaderMap::clone(request.headers());
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forms_worth_it_are_kept() {
        for kept in ["/webhooks/new", "/webhooks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05", "/api-keys/new"] {
            assert!(is_kept(kept), "{kept}");
        }
        for other in [
            "/account",
            "/users/new",
            "/webhooks",
            "/webhooks/",
            "/webhooks/a/b",
            "//evil.example/webhooks/new",
            "/setup",
            "",
        ] {
            assert!(!is_kept(other), "{other}");
        }
    }
}
