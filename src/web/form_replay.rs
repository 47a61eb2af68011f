//! What was typed into a form that cannot be taken now, because the session has ended or the database is away: it travels in the page
//! that says so, and goes on from there.
//! Nothing is stored, so strangers fill nothing.

use axum::{
    extract::Request,
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use url::form_urlencoded;

use crate::{
    app::AppState,
    console::calls::{KeptView, SignInView},
    domain::id::WebhookId,
    rest::Problem,
    web::{
        csrf::{comes_from_here, nobody},
        pages::render,
        webhook_forms::{Fields, is_edit, page},
    },
};

/// Largest form that is kept, in bytes; encoded anew it must fit into another form.
const KEPT_MAX: usize = 64 * 1024;

/// Most fields of a form that is kept.
const FIELDS_MAX: usize = 400;

/// Asks a person to sign in first. What they typed is kept.
pub(super) async fn sign_in_first(app: &AppState, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let otherwise = nobody(&head);
    let Some((parts, kept)) = typed(app, Request::from_parts(head, body)).await else {
        return otherwise;
    };
    let view = SignInView {
        kept: Some(kept),
        ..SignInView::default()
    };
    render(app, page(parts, "/sign-in"), view, StatusCode::UNAUTHORIZED).await
}

/// The answer to a request that cannot be carried out now. What was typed goes along, for the page that tells it.
pub(super) async fn unanswered(app: &AppState, problem: Problem, request: Request) -> Response {
    with(problem, typed(app, request).await.map(|(_, kept)| kept))
}

/// The same for a form that was read already.
pub(super) fn with_form(problem: Problem, path: &str, fields: &Fields) -> Response {
    with(problem, keep(path, fields))
}

/// A problem, and what was typed.
pub(super) fn with(problem: Problem, kept: Option<KeptView>) -> Response {
    let mut response = problem.into_response();
    if let Some(kept) = kept {
        response.extensions_mut().insert(kept);
    }
    response
}

/// What was typed into a form of this site that is worth keeping, or is kept already by a form of signing in.
async fn typed(app: &AppState, request: Request) -> Option<(Parts, KeptView)> {
    let path = request.uri().path().to_owned();
    let own = comes_from_here(app, &request);
    let signs_in = matches!(path.as_str(), "/sign-in" | "/sign-in/code");
    if request.method() != Method::POST || !own || !(signs_in || is_kept(&path)) {
        return None;
    }
    let (parts, fields) = Fields::read(request).await.ok()?;
    let kept = if signs_in { brought(&fields) } else { keep(&path, &fields) };
    Some((parts, kept?))
}

fn keep(path: &str, fields: &Fields) -> Option<KeptView> {
    let typed = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.pairs())
        .finish();
    let kept = KeptView {
        path: path.to_owned(),
        typed,
    };
    (is_kept(path) && fits(&kept, fields)).then_some(kept)
}

/// What a form of signing in brings along.
pub(super) fn brought(fields: &Fields) -> Option<KeptView> {
    let (path, typed) = (fields.one("kept_path"), fields.one("kept"));
    let within = Fields::of(&typed);
    let kept = KeptView { path, typed };
    (is_kept(&kept.path) && fits(&kept, &within)).then_some(kept)
}

/// Forms that take longer to fill in than to do without. None holds a password; what else is secret in them (a new webhook's secret, values of headers) goes back to who sent it, and nowhere else.
fn is_kept(path: &str) -> bool {
    let is_webhook = |id: &str| id == "new" || id.parse::<WebhookId>().is_ok();
    path == "/api-keys/new" || path.strip_prefix("/webhooks/").is_some_and(is_webhook)
}

/// Whether it is small enough, and saves what was typed: what deletes or sends goes on only by a button that says so.
fn fits(kept: &KeptView, fields: &Fields) -> bool {
    let intent = fields.one("intent");
    let saves = matches!(intent.as_str(), "" | "save") || is_edit(&intent);
    saves && kept.typed.len() <= KEPT_MAX && fields.pairs().len() <= FIELDS_MAX
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
            "/webhooks/..",
            "/webhooks/..\\users\\new",
            "//evil.example/webhooks/new",
            "/setup",
            "",
        ] {
            assert!(!is_kept(other), "{other}");
        }
    }
}
