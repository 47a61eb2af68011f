//! API keys: `/api-keys`, for programs with the scope `admin`.

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{id::ApiKeyId, role::Scope, timestamp::Timestamp},
    problem::Problem,
    rest::{
        answer::{Confidential, Created, NoContent},
        entity_tag::Tagged,
        extract::{Body, Caller, Id, List, NoParams, PageView, Params, body_moment, limit},
    },
    routes::{Operation, Routes, Rule, Tag},
    services::{
        api_keys,
        error::{FieldError, UseCaseError},
    },
    storage::api_keys::ApiKeyRecord,
};

/// The query of the list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KeyParams {
    /// A part of the name, the first characters of the key, or the whole key.
    q: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// An API key to create.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewApiKey")]
struct NewKey {
    /// A name that tells what the key is used for.
    #[schemars(length(min = 1), example = &"Billing")]
    name: String,
    /// What the key may do, at least one scope.
    #[schemars(with = "Vec<Scope>", length(min = 1))]
    scopes: Vec<String>,
    /// When the key expires. Without it, the key does not expire.
    #[serde(default)]
    #[schemars(with = "Option<Timestamp>")]
    expires_at: Option<String>,
}

/// An API key without the key itself.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
struct KeyView {
    /// Its id.
    id: ApiKeyId,
    /// What the key is used for.
    #[schemars(example = &"Billing")]
    name: String,
    /// The first characters of the key, by which people recognise it.
    #[schemars(example = &"chk_9fK2pQ")]
    prefix: String,
    /// What the key may do.
    scopes: Vec<Scope>,
    /// When it was created.
    created_at: Timestamp,
    /// When it expires. Null if it does not.
    expires_at: Option<Timestamp>,
    /// When the key was last used, to the minute.
    last_used_at: Option<Timestamp>,
    /// When the key was revoked. A revoked key is rejected.
    revoked_at: Option<Timestamp>,
}

/// A new API key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreatedApiKey")]
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
        .operation(
            Method::GET,
            "/api-keys",
            rule,
            list,
            Operation::new("listApiKeys", Tag::Administration, "List API keys")
                .text("All keys, also revoked and expired ones, newest first. The keys themselves are not stored."),
        )
        .operation(
            Method::POST,
            "/api-keys",
            rule,
            create,
            Operation::new("createApiKey", Tag::Administration, "Create an API key")
                .text("The key is shown only in this response. A key with the scope `admin` can create keys with any scope.")
                .example(json!({ "name": "Billing", "scopes": ["events:write"] }))
                .once(),
        )
        .operation(
            Method::GET,
            "/api-keys/{id}",
            rule,
            read,
            Operation::new("getApiKey", Tag::Administration, "Read an API key"),
        )
        .operation(
            Method::DELETE,
            "/api-keys/{id}",
            rule,
            revoke,
            Operation::new("revokeApiKey", Tag::Administration, "Revoke an API key")
                .text("The key is rejected from now on, and its live streams end. It stays in the list. 404 if it is already revoked."),
        )
}

/// `GET /api-keys`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<KeyParams>,
) -> Result<PageView<KeyView>, Problem> {
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
) -> Result<Confidential<Created<NewKeyView>>, Problem> {
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
    Ok(Confidential(Created {
        location: format!("/api/v1/api-keys/{}", record.id),
        created: Tagged {
            version: record.created_at,
            body: NewKeyView { view: view(record), key },
        },
    }))
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
async fn revoke(State(app): State<AppState>, Caller(by): Caller, Id(id): Id<ApiKeyId>, _: Params<NoParams>) -> Result<NoContent, Problem> {
    api_keys::revoke(&app.store, &by, id).await?;
    Ok(NoContent)
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
