//! Users of the console: `/users`, for programs with the scope `admin`.

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{id::UserId, role::Role, timestamp::Timestamp},
    problem::Problem,
    rest::{
        answer::{Confidential, Created, NoContent},
        entity_tag::{IfMatch, Tagged, refused},
        extract::{Body, Caller, Id, List, NoParams, OptionalBody, PageView, Params, limit},
    },
    routes::{Operation, Routes, Rule, Tag},
    services::{error::FieldError, users},
    storage::users::{UserChange, UserRecord},
};

/// The query of the list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UserParams {
    /// A part of the email address.
    #[schemars(example = &"@example.com")]
    q: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// A user to create.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    /// The email address, with which the user signs in.
    #[schemars(email, example = &"ada@example.com")]
    email: String,
    /// What the user may do.
    #[schemars(with = "Role")]
    role: String,
    /// The password. Without one, it is generated and shown once.
    #[serde(default)]
    password: Option<String>,
}

/// A change of a user. What is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UserPatch {
    /// What the user may do.
    #[schemars(with = "Option<Role>")]
    #[serde(default)]
    role: Option<String>,
    /// False disables the user and ends their sessions.
    #[serde(default)]
    enabled: Option<bool>,
}

/// How the password is reset.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ResetPassword")]
struct PasswordBody {
    /// The new password. Without one, it is generated and shown once.
    password: Option<String>,
}

/// A user of the console.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User")]
struct UserView {
    /// Its id.
    id: UserId,
    /// The email address, in lower case.
    #[schemars(example = &"ada@example.com")]
    email: String,
    /// What the user may do.
    role: Role,
    /// Whether the user may sign in.
    enabled: bool,
    /// When the user was created.
    created_at: Timestamp,
    /// When the user was disabled. Null if the user may sign in.
    disabled_at: Option<Timestamp>,
    /// When the user last signed in.
    last_sign_in_at: Option<Timestamp>,
}

/// A user with a new password.
#[derive(Serialize, JsonSchema)]
struct UserWithPassword {
    #[serde(flatten)]
    user: UserView,
    /// The generated password. It is shown only here. Null if the request contained one.
    #[schemars(example = &"correct-horse-battery-staple")]
    password: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ManageUsers);
    Routes::new()
        .operation(
            Method::GET,
            "/users",
            rule,
            list,
            Operation::new("listUsers", Tag::Administration, "List users").text("The users of the console, newest first."),
        )
        .operation(
            Method::POST,
            "/users",
            rule,
            create,
            Operation::new("createUser", Tag::Administration, "Create a user")
                .text("Without a `password`, one is generated and shown only in this response.")
                .example(json!({ "email": "ada@example.com", "role": "api-owner" }))
                .once(),
        )
        .operation(
            Method::GET,
            "/users/{id}",
            rule,
            read,
            Operation::new("getUser", Tag::Administration, "Read a user"),
        )
        .operation(
            Method::PATCH,
            "/users/{id}",
            rule,
            change,
            Operation::new("changeUser", Tag::Administration, "Change a user")
                .text("Changes the role, or disables a user, which ends their sessions. The last administrator who can sign in cannot be removed.")
                .example(json!({ "enabled": false }))
                .refuses(409, "The user is the last administrator (`conflict`)."),
        )
        .operation(
            Method::POST,
            "/users/{id}/password/reset",
            rule,
            reset_password,
            Operation::new("resetPassword", Tag::Administration, "Reset a password")
                .text("Ends the sessions of the user. Without a `password`, one is generated and shown only in this response.")
                .once(),
        )
        .operation(
            Method::POST,
            "/users/{id}/second-factor/reset",
            rule,
            reset_second_factor,
            Operation::new("resetSecondFactor", Tag::Administration, "Turn off a second factor")
                .text("For a user who lost it. Ends the sessions of the user.")
                .refuses(409, "The user has no second factor (`conflict`).")
                .once(),
        )
}

/// `GET /users`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<UserParams>,
) -> Result<PageView<UserView>, Problem> {
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
) -> Result<Confidential<Created<UserWithPassword>>, Problem> {
    let role = new.role.parse().ok();
    let created = users::create(&app.store, &by, &new.email, role, new.password.as_deref()).await?;
    let version = created.user.updated_at;
    Ok(Confidential(Created {
        location: format!("/api/v1/users/{}", created.user.id),
        created: Tagged {
            version,
            body: UserWithPassword {
                user: view(created.user),
                password: created.generated,
            },
        },
    }))
}

/// `GET /users/{id}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<UserId>,
    _: Params<NoParams>,
) -> Result<Tagged<UserView>, Problem> {
    Ok(tagged(users::get(&app.store, &by, id).await?))
}

/// `PATCH /users/{id}`. The last administrator who can sign in cannot be disabled and keeps the role (409).
async fn change(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<UserId>,
    _: Params<NoParams>,
    if_match: IfMatch,
    Body(patch): Body<UserPatch>,
) -> Result<Tagged<UserView>, Problem> {
    let role = patch.role.as_deref().map(str::parse::<Role>).transpose();
    let role = role.map_err(|error| Problem::invalid(vec![FieldError::new("/role", format!("{error}."))]))?;
    let mut user = users::get(&app.store, &by, id).await?;
    let mut seen = if_match.seen(user.updated_at)?;
    // The role first: if the change would leave no administrator, it is refused before anything else was changed.
    let enabled = patch
        .enabled
        .map(|enabled| if enabled { UserChange::Enable } else { UserChange::Disable });
    for change in role.map(UserChange::Role).into_iter().chain(enabled) {
        let changed = users::change_since(&app.store, &by, id, change, seen).await;
        user = changed.map_err(|error| refused(error, seen))?;
        // The second change is of the version that the first one made.
        seen = seen.map(|_| user.updated_at);
    }
    Ok(tagged(user))
}

/// `POST /users/{id}/password/reset`
async fn reset_password(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<UserId>,
    _: Params<NoParams>,
    OptionalBody(body): OptionalBody<PasswordBody>,
) -> Result<Confidential<Json<UserWithPassword>>, Problem> {
    let reset = users::reset_password(&app.store, &by, id, body.password.as_deref()).await?;
    Ok(Confidential(Json(UserWithPassword {
        user: view(reset.user),
        password: reset.generated,
    })))
}

/// `POST /users/{id}/second-factor/reset`
async fn reset_second_factor(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<UserId>,
    _: Params<NoParams>,
) -> Result<NoContent, Problem> {
    users::reset_second_factor(&app.store, &by, id).await?;
    Ok(NoContent)
}

fn tagged(user: UserRecord) -> Tagged<UserView> {
    Tagged {
        version: user.updated_at,
        body: view(user),
    }
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
