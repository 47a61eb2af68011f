//! API keys: `/api-keys`, for programs with the scope `admin`.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{id::ApiKeyId, role::Scope, timestamp::Timestamp},
    problem::Problem,
    rest::extract::{Body, Caller, Id, List, NoParams, PageView, Params, body_moment, limit},
    routes::{Routes, Rule},
    services::{
        api_keys,
        error::{FieldError, UseCaseError},
    },
    storage::api_keys::ApiKeyRecord,
};

/// The query of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyParams {
    /// A part of the name, the first characters of the key, or the whole key.
    q: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The body of `POST /api-keys`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// A name that tells what the key is used for.
    name: String,
    /// The scopes that the key grants, at least one.
    scopes: Vec<String>,
    /// When the key expires. Without it, the key does not expire.
    #[serde(default)]
    expires_at: Option<String>,
}

/// An API key without the key itself.
#[derive(Serialize)]
struct KeyView {
    id: ApiKeyId,
    name: String,
    /// The first characters of the key, by which people recognise it.
    prefix: String,
    scopes: Vec<Scope>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    /// When the key was last used, to the minute.
    last_used_at: Option<Timestamp>,
    /// When the key was revoked. A revoked key is rejected.
    revoked_at: Option<Timestamp>,
}

/// The answer to `POST /api-keys`.
#[derive(Serialize)]
struct NewKeyView {
    #[serde(flatten)]
    view: KeyView,
    /// The key. It is shown only here.
    key: String,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ManageApiKeys);
    Routes::new()
        .get("/api-keys", rule, list)
        .post("/api-keys", rule, create)
        .get("/api-keys/{id}", rule, read)
        .delete("/api-keys/{id}", rule, revoke)
}

/// `GET /api-keys`
async fn list(State(app): State<AppState>, Caller(by): Caller, list: List, Params(params): Params<KeyParams>) -> Result<Response, Problem> {
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let page = api_keys::list(&app.store, &by, params.q.as_deref(), after, limit).await?;
    Ok(PageView::of(&list, page, view))
}

/// `POST /api-keys`
async fn create(
    State(app): State<AppState>,
    Caller(by): Caller,
    _: Params<NoParams>,
    Body(new): Body<NewKey>,
) -> Result<Response, Problem> {
    let mut errors = Vec::new();
    let mut scopes = Vec::new();
    for (at, scope) in new.scopes.iter().enumerate() {
        match scope.parse::<Scope>() {
            Ok(scope) => scopes.push(scope),
            Err(error) => errors.push(FieldError::new(format!("/scopes/{at}"), format!("{error}."))),
        }
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let expires_at = new.expires_at.as_deref().map(|at| body_moment("/expires_at", at)).transpose()?;
    let created = api_keys::create(&app.store, &by, &new.name, &scopes, expires_at).await;
    let (key, record) = created.map_err(with_api_names)?;
    let location = format!("/api/v1/api-keys/{}", record.id);
    let body = NewKeyView { view: view(record), key };
    Ok((StatusCode::CREATED, [("location", location)], Json(body)).into_response())
}

/// The form of the console has a field `expires` where the API has `expires_at`.
fn with_api_names(error: UseCaseError) -> UseCaseError {
    let UseCaseError::Invalid(mut errors) = error else { return error };
    for error in &mut errors {
        if error.pointer == "/expires" {
            "/expires_at".clone_into(&mut error.pointer);
        }
    }
    UseCaseError::Invalid(errors)
}

/// `GET /api-keys/{id}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<ApiKeyId>,
    _: Params<NoParams>,
) -> Result<Json<KeyView>, Problem> {
    Ok(Json(view(api_keys::get(&app.store, &by, id).await?)))
}

/// `DELETE /api-keys/{id}`: revokes the key, which stays in the list. 404 if it is already revoked.
async fn revoke(State(app): State<AppState>, Caller(by): Caller, Id(id): Id<ApiKeyId>, _: Params<NoParams>) -> Result<StatusCode, Problem> {
    api_keys::revoke(&app.store, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(record: ApiKeyRecord) -> KeyView {
    KeyView {
        id: record.id,
        name: record.name,
        prefix: record.prefix,
        scopes: record.scopes,
        created_at: record.created_at,
        expires_at: record.expires_at,
        last_used_at: record.last_used_at,
        revoked_at: record.revoked_at,
    }
}
