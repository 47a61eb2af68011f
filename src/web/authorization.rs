//! The one door: finds out who is calling, and whether the route's rule lets them in. What has no rule is refused.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State},
    http::{HeaderValue, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    app::AppState,
    auth::{
        principal::{Principal, SignedIn},
        rules::Action,
    },
    domain::id::WebhookId,
    request::{NotPermitted, client_address::ClientAddress},
    rest::{Problem, key_holder, no_such_route},
    routes::{Found, Kind, Row, Rule, Rules},
    services::error::UseCaseError,
    services::webhooks,
    storage::StoreError,
    web::{csrf, form_replay},
};

/// What the gate needs.
#[derive(Clone)]
pub(super) struct Gate {
    app: AppState,
    rules: Arc<Rules>,
}

/// Why a request does not get in.
enum Turned {
    /// Nobody is signed in.
    SignInFirst,
    /// Nobody knows who it is.
    Unknown(Problem),
    /// It has its answer.
    Answered(Response),
}

impl From<StoreError> for Turned {
    fn from(error: StoreError) -> Self {
        Self::Unknown(error.into())
    }
}

impl From<Response> for Turned {
    fn from(answer: Response) -> Self {
        Self::Answered(answer)
    }
}

impl Gate {
    pub(super) fn new(app: AppState, rows: Vec<Row>) -> Self {
        Self {
            app,
            rules: Arc::new(Rules::new(rows)),
        }
    }

    async fn enter(&self, request: &mut Parts) -> Result<(), Turned> {
        let path = request.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
        let Some(path) = path else {
            // No route at all: the API says so to everybody, the console to those who are signed in.
            let path = request.uri.path();
            return if path == "/api" || path.starts_with("/api/") {
                Err(no_such_route().await.into_response().into())
            } else {
                self.person(request, None).await
            };
        };
        match self.rules.find(&request.method, &path) {
            Found::Route(_, Rule::Open) => Ok(()),
            Found::Route(_, Rule::Guest) => Ok(self.guest(request).await?),
            Found::Route(row, Rule::Session(action)) => self.person(request, Some((row, action))).await,
            Found::Route(_, Rule::Key(action)) => Ok(self.program(request, action).await.map_err(Problem::into_response)?),
            Found::OtherMethods(allow) => Err(not_allowed(&allow).into()),
            Found::Unruled => {
                tracing::error!(%path, method = %request.method, "fault in clearhook: the route {path} has no access rule, so every request for it is refused");
                Err(Problem::not_found("There is nothing here.").into_response().into())
            }
        }
    }

    async fn guest(&self, request: &mut Parts) -> Result<(), StoreError> {
        if let Some(who) = self.session(request).await? {
            request.extensions.insert(who);
        }
        Ok(())
    }

    async fn person(&self, request: &mut Parts, route: Option<(&Row, Action)>) -> Result<(), Turned> {
        let Some(who) = self.session(request).await? else {
            return Err(Turned::SignInFirst);
        };
        let by = Principal::User(who.clone());
        request.extensions.insert(who);
        let Some((row, Err(error))) = route.map(|(row, action)| (row, by.may(action, true))) else {
            return Ok(());
        };
        if row.kind == Kind::Page {
            request.extensions.insert(NotPermitted);
            return Ok(());
        }
        if error.0.is_of_a_webhook() && row.path.contains('{') && !self.knows(&by, request).await? {
            return Err(Problem::not_found("There is nothing with this id.").into_response().into());
        }
        Err(Problem::from(error).into_response().into())
    }

    /// Whether they may know of the webhook in the path. To others it does not exist.
    async fn knows(&self, by: &Principal, request: &mut Parts) -> Result<bool, Response> {
        let Ok(params) = RawPathParams::from_request_parts(request, &self.app).await else {
            return Ok(false);
        };
        let id = params
            .iter()
            .find_map(|(name, id)| (name == "id").then(|| id.parse::<WebhookId>().ok()).flatten());
        let Some(id) = id else { return Ok(false) };
        match webhooks::get(&self.app, by, id).await {
            Ok(_) => Ok(true),
            Err(UseCaseError::Store(error)) => Err(Problem::from(error).into_response()),
            Err(_) => Ok(false),
        }
    }

    async fn program(&self, request: &mut Parts, action: Action) -> Result<(), Problem> {
        let mut holder = key_holder(&self.app, &request.headers).await?;
        holder.address = address(request);
        Principal::Key(holder.clone()).may(action, false)?;
        request.extensions.insert(holder);
        Ok(())
    }

    async fn session(&self, request: &Parts) -> Result<Option<SignedIn>, StoreError> {
        let found = csrf::signed_in(&self.app, request).await?;
        Ok(found.map(|who| SignedIn {
            address: address(request),
            ..who
        }))
    }
}

/// Lets a request in, or answers it.
pub(super) async fn enforce(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    match gate.enter(&mut head).await {
        Ok(()) => next.run(Request::from_parts(head, body)).await,
        Err(Turned::SignInFirst) => form_replay::sign_in_first(&gate.app, Request::from_parts(head, body)).await,
        Err(Turned::Unknown(problem)) => form_replay::unanswered(&gate.app, problem, Request::from_parts(head, body)).await,
        Err(Turned::Answered(answer)) => answer,
    }
}

fn address(request: &Parts) -> Option<std::net::IpAddr> {
    let found = request.extensions.get::<ClientAddress>();
    found.map(|found| found.0).filter(|address| !address.is_unspecified())
}

fn not_allowed(allow: &str) -> Response {
    let mut answer = Problem::method_not_allowed().into_response();
    if let Ok(value) = HeaderValue::from_str(allow) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    answer
}
