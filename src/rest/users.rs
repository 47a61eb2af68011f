//! Users of the console: `/users`, for programs with the scope `admin`.

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
    domain::{id::UserId, role::Role, timestamp::Timestamp},
    problem::Problem,
    rest::extract::{Body, Caller, Id, List, NoParams, OptionalBody, PageView, Params, limit},
    routes::{Routes, Rule},
    services::{error::FieldError, users},
    storage::users::{UserChange, UserRecord},
};

/// The query of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserParams {
    /// A part of the e-mail address.
    q: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The body of `POST /users`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    email: String,
    /// `administrator` or `api-owner`.
    role: String,
    /// Without it, a password is generated and shown once.
    #[serde(default)]
    password: Option<String>,
}

/// The body of `PATCH /users/{id}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserPatch {
    /// `administrator` or `api-owner`.
    #[serde(default)]
    role: Option<String>,
    /// False disables the user and ends their sessions.
    #[serde(default)]
    enabled: Option<bool>,
}

/// The body of `POST /users/{id}/password/reset`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PasswordBody {
    /// Without it, a password is generated and shown once.
    password: Option<String>,
}

/// A user.
#[derive(Serialize)]
struct UserView {
    id: UserId,
    email: String,
    role: Role,
    /// Whether the user may sign in.
    enabled: bool,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
    last_sign_in_at: Option<Timestamp>,
}

/// A user with a new password.
#[derive(Serialize)]
struct UserWithPassword {
    #[serde(flatten)]
    user: UserView,
    /// The generated password. It is shown only here. Null if the request contained one.
    password: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ManageUsers);
    Routes::new()
        .get("/users", rule, list)
        .post("/users", rule, create)
        .get("/users/{id}", rule, read)
        .patch("/users/{id}", rule, change)
        .post("/users/{id}/password/reset", rule, reset_password)
        .post("/users/{id}/second-factor/reset", rule, reset_second_factor)
}

/// `GET /users`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<UserParams>,
) -> Result<Response, Problem> {
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let page = users::list(&app.store, &by, params.q.as_deref(), after, limit).await?;
    Ok(PageView::of(&list, page, view))
}

/// `POST /users`
async fn create(
    State(app): State<AppState>,
    Caller(by): Caller,
    _: Params<NoParams>,
    Body(new): Body<NewUser>,
) -> Result<Response, Problem> {
    let role = new.role.parse().ok();
    let created = users::create(&app.store, &by, &new.email, role, new.password.as_deref()).await?;
    let location = format!("/api/v1/users/{}", created.user.id);
    let body = UserWithPassword {
        user: view(created.user),
        password: created.generated,
    };
    Ok((StatusCode::CREATED, [("location", location)], Json(body)).into_response())
}

/// `GET /users/{id}`
async fn read(State(app): State<AppState>, Caller(by): Caller, Id(id): Id<UserId>, _: Params<NoParams>) -> Result<Json<UserView>, Problem> {
    Ok(Json(view(users::get(&app.store, &by, id).await?)))
}

/// `PATCH /users/{id}`. The last administrator who can sign in cannot be disabled and keeps the role (409).
async fn change(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<UserId>,
    _: Params<NoParams>,
    Body(patch): Body<UserPatch>,
) -> Result<Json<UserView>, Problem> {
    let role = patch.role.as_deref().map(str::parse::<Role>).transpose();
    let role = role.map_err(|error| Problem::invalid(vec![FieldError::new("/role", format!("{error}."))]))?;
    let mut user = users::get(&app.store, &by, id).await?;
    // The role first: if the change would leave no administrator, it is refused before anything else was changed.
    let enabled = patch
        .enabled
        .map(|enabled| if enabled { UserChange::Enable } else { UserChange::Disable });
    for change in role.map(UserChange::Role).into_iter().chain(enabled) {
        user = users::change(&app.store, &by, id, change).await?;
    }
    Ok(Json(view(user)))
}

/// `POST /users/{id}/password/reset`
async fn reset_password(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<UserId>,
    _: Params<NoParams>,
    OptionalBody(body): OptionalBody<PasswordBody>,
) -> Result<Json<UserWithPassword>, Problem> {
    let reset = users::reset_password(&app.store, &by, id, body.password.as_deref()).await?;
    Ok(Json(UserWithPassword {
        user: view(reset.user),
        password: reset.generated,
    }))
}

/// `POST /users/{id}/second-factor/reset`
async fn reset_second_factor(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<UserId>,
    _: Params<NoParams>,
) -> Result<StatusCode, Problem> {
    users::reset_second_factor(&app.store, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(user: UserRecord) -> UserView {
    UserView {
        id: user.id,
        email: user.email,
        role: user.role,
        enabled: user.disabled_at.is_none(),
        created_at: user.created_at,
        disabled_at: user.disabled_at,
        last_sign_in_at: user.last_sign_in_at,
    }
}
