//! Authentication and authorization: identifies the caller, and applies the rule of the route. A route without a rule is denied.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use url::Url;

use crate::{
    app::AppState,
    auth::{
        principal::{Principal, SignedIn},
        rules::Action,
        session,
    },
    console::{
        ConsoleError,
        href::href,
        page_action,
        pages::sign_in::{SignIn, SignInQuery, SignInView},
        replay::{ReplayForm, problem_with},
    },
    domain::id::WebhookId,
    problem::Problem,
    request::{NotPermitted, PublicReader, client_address::ClientAddress, cookies, form},
    rest::{key_holder, no_such_route},
    routes::{Found, Kind, Operation, Row, Rule, Rules},
    services::error::UseCaseError,
    services::webhooks,
    storage::StoreError,
    web::{
        middleware::{
            api_calls,
            api_rate::{ApiRate, Quota},
            csrf,
        },
        pages::render_document,
    },
};

/// Applies the rules of all routes.
#[derive(Clone)]
pub(in crate::web) struct Gate {
    app: AppState,
    rules: Arc<Rules>,
    /// The limit of requests of each API key, if there is one.
    rate: Option<Arc<ApiRate>>,
}

/// Why a request is denied.
enum Denied {
    /// There is no valid session.
    SignInFirst,
    /// The caller cannot be identified, because the database failed.
    Unidentified(Problem),
    /// For another reason, which this response states.
    Response(Response),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Unidentified(error.into())
    }
}

impl From<Response> for Denied {
    fn from(answer: Response) -> Self {
        Self::Response(answer)
    }
}

impl Gate {
    pub(in crate::web) fn new(app: AppState, rows: Vec<Row>) -> Self {
        Self {
            rate: app.front.api_rate.map(|rate| Arc::new(ApiRate::new(rate))),
            app,
            rules: Arc::new(Rules::new(rows)),
        }
    }

    /// Identifies the caller and checks the rule of the route. The result is the operation of the API, if the route is one.
    async fn authorize(&self, request: &mut Parts) -> Result<Option<Arc<Operation>>, Denied> {
        let path = request.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
        let Some(path) = path else {
            // There is no such route. The API says so to everybody, the console only to signed-in users.
            let path = request.uri.path();
            return if path == "/api" || path.starts_with("/api/") {
                Err(no_such_route().await.into_response().into())
            } else {
                self.authorize_user(request, None).await.map(|()| None)
            };
        };
        match self.rules.find(&request.method, &path) {
            Found::Route(_, Rule::Open) => Ok(None),
            Found::Route(_, Rule::Guest) => Ok(self.allow_guest(request).await.map(|()| None)?),
            Found::Route(row, Rule::Catalogue) => self.authorize_reader(request, row).await.map(|()| None),
            Found::Route(row, Rule::Session(action)) => self.authorize_user(request, Some((row, action))).await.map(|()| None),
            Found::Route(row, Rule::Key(action)) => {
                self.authorize_key(request, action).await?;
                Ok(row.operation.clone())
            }
            Found::OtherMethods(allow) if request.method == Method::OPTIONS => Err(options(&allow).into()),
            Found::OtherMethods(allow) => Err(method_not_allowed(&allow).into()),
            Found::Unruled => {
                tracing::error!(%path, method = %request.method, "fault in clearhook: the route {path} has no access rule, so every request for it is refused");
                Err(Problem::not_found("There is nothing here.").into_response().into())
            }
        }
    }

    async fn allow_guest(&self, request: &mut Parts) -> Result<(), StoreError> {
        if let Some(who) = self.find_session(request).await? {
            request.extensions.insert(who);
        }
        Ok(())
    }

    /// A reader of the catalogue. If it is public, nobody has to sign in.
    async fn authorize_reader(&self, request: &mut Parts, row: &Row) -> Result<(), Denied> {
        match self.authorize_user(request, Some((row, Action::ReadCatalogue))).await {
            Err(Denied::SignInFirst) if self.app.front.public_catalogue => {
                request.extensions.insert(PublicReader);
                Ok(())
            }
            other => other,
        }
    }

    async fn authorize_user(&self, request: &mut Parts, route: Option<(&Row, Action)>) -> Result<(), Denied> {
        let Some(who) = self.find_session(request).await? else {
            return Err(Denied::SignInFirst);
        };
        let by = Principal::User(who.clone());
        request.extensions.insert(who);
        // Pages name event types, so changes of other nodes of which this one was notified are loaded first.
        self.app.event_types.current().await?;
        // Ownership is assumed here and checked by the use case, which knows the webhook.
        let Some((row, Err(error))) = route.map(|(row, action)| (row, by.may(action, true))) else {
            return Ok(());
        };
        if row.kind == Kind::Page {
            // The page renders its own "not found", so the request is passed on.
            request.extensions.insert(NotPermitted);
            return Ok(());
        }
        // 404 instead of 403, so that the response does not reveal that the webhook exists.
        let names_a_webhook = error.0.is_of_a_webhook() && row.path.contains('{');
        if names_a_webhook && !self.may_read_webhook(&by, request).await? {
            return Err(Problem::not_found("There is nothing with this id.").into_response().into());
        }
        Err(Problem::from(error).into_response().into())
    }

    /// Whether the caller may read the webhook in the path. Otherwise the response must not confirm that it exists.
    async fn may_read_webhook(&self, by: &Principal, request: &mut Parts) -> Result<bool, Response> {
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

    async fn authorize_key(&self, request: &mut Parts, action: Action) -> Result<(), Response> {
        let mut holder = key_holder(&self.app, &request.headers).await.map_err(Problem::into_response)?;
        holder.address = address(request);
        if let Some(rate) = &self.rate {
            let quota = rate.count(holder.key, Instant::now()).map_err(Quota::exceeded)?;
            request.extensions.insert(quota);
        }
        let permitted = Principal::Key(holder.clone()).may(action, false);
        permitted.map_err(|forbidden| Problem::from(forbidden).into_response())?;
        request.extensions.insert(holder);
        Ok(())
    }

    /// Answers a request without a session: a call with 401, a form that can be sent again with the sign-in page that contains it, others with
    /// a redirect to the sign-in page.
    async fn sign_in_first(&self, request: Request) -> Response {
        let without_form = if page_action::is_call(&request) {
            signed_out()
        } else {
            sign_in_response(&request)
        };
        let Some((head, replay)) = self.replay_form(request).await else {
            return without_form;
        };
        let view = SignInView {
            replay: Some(replay),
            ..SignInView::default()
        };
        render_document(&self.app, head, StatusCode::UNAUTHORIZED, move || {
            view! { <SignIn view=view.clone() /> }.into_any()
        })
        .await
    }

    /// The form in the body of a request, if no other site sent it and it can be sent again.
    async fn replay_form(&self, request: Request) -> Option<(Parts, ReplayForm)> {
        let is_kept = request.method() == Method::POST && ReplayForm::may_be_kept(request.uri().path());
        if !is_kept || !csrf::is_not_cross_site(&self.app, &request) {
            return None;
        }
        let (head, encoded) = form::read(request, form::FORM_BYTES_MAX).await.ok()?;
        let replay = ReplayForm::of_request(head.uri.path(), &encoded)?;
        Some((head, replay))
    }

    async fn find_session(&self, request: &Parts) -> Result<Option<SignedIn>, StoreError> {
        let Some(token) = cookies::value(&request.headers, session::COOKIE) else {
            return Ok(None);
        };
        let found = session::resume(&self.app.store, token, ClientAddress::of(request).0, self.app.clock.now()).await?;
        Ok(found.map(|who| SignedIn {
            address: address(request),
            ..who
        }))
    }
}

/// Passes a permitted request on, and answers any other.
pub(in crate::web) async fn enforce(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    let authorized = gate.authorize(&mut head).await;
    let quota = head.extensions.get::<Quota>().copied();
    let request = Request::from_parts(head, body);
    let mut response = match authorized {
        Ok(None) => return next.run(request).await,
        Ok(Some(operation)) => api_calls::carry_out(&gate.app, &operation, request, next).await,
        Err(denied) => deny(&gate, denied, request).await,
    };
    if let Some(quota) = quota {
        quota.add_to(&mut response);
    }
    response
}

/// The response to a request that is not permitted.
async fn deny(gate: &Gate, denied: Denied, request: Request) -> Response {
    match denied {
        Denied::SignInFirst => gate.sign_in_first(request).await,
        Denied::Unidentified(problem) => problem_with(problem, gate.replay_form(request).await.map(|(_, replay)| replay)),
        Denied::Response(response) => response,
    }
}

fn address(request: &Parts) -> Option<std::net::IpAddr> {
    let found = request.extensions.get::<ClientAddress>();
    found.map(|found| found.0).filter(|address| !address.is_unspecified())
}

fn method_not_allowed(allow: &str) -> Response {
    with_allow(allow, Problem::method_not_allowed().into_response())
}

/// The response to `OPTIONS` (RFC 9110, section 9.3.7). There are no headers for cross-origin requests: the API has none.
fn options(allow: &str) -> Response {
    with_allow(allow, StatusCode::NO_CONTENT.into_response())
}

fn with_allow(allow: &str, mut answer: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(allow) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    answer
}

/// The response to a call of a server function without a session.
fn signed_out() -> Response {
    (StatusCode::UNAUTHORIZED, Json(ConsoleError::SignedOut)).into_response()
}

/// The redirect to the sign-in page, which leads back to the requested page; after a button, to the page with the button.
fn sign_in_response(request: &Request) -> Response {
    let uri = request.uri();
    // The live log is opened by a script, which cannot follow a redirect to a page.
    if uri.path().ends_with("/callbacks/live") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let is_button = request.method() == Method::POST;
    let wanted = if is_button {
        page_of(request.headers())
    } else {
        uri.path_and_query().map(|wanted| wanted.as_str().to_owned())
    };
    let query = SignInQuery {
        next: wanted.filter(|wanted| wanted != "/"),
        unsent: is_button.then(|| "1".to_owned()),
    };
    Redirect::to(&href("/sign-in", &query)).into_response()
}

/// The path and the query of the page that sent a form. The sign-in page accepts only paths of this site.
fn page_of(headers: &HeaderMap) -> Option<String> {
    let page = Url::parse(headers.get(header::REFERER)?.to_str().ok()?).ok()?;
    let query = page.query().map_or_else(String::new, |query| format!("?{query}"));
    Some(format!("{}{query}", page.path()))
}
