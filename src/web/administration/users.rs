//! Forms of users. A generated password is in the answer to the form that made it and nowhere else.

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    app::AppState,
    auth::{
        account::{self, AccountError},
        principal::{Principal, SignedIn},
    },
    console::{
        calls::{ErrorView, PostedUser, SecretView, UserFormView},
        server::viewer::viewer_of,
    },
    domain::{id::UserId, role::Role},
    messages::{self, Lang, wrong::Wrong},
    rest::Problem,
    services::error::{FieldError, UseCaseError},
    services::users::{self, WithPassword},
    storage::users::UserChange,
    web::{
        pages::render,
        sign_in::seconds,
        webhook_forms::{Fields, error_view, page},
    },
};

const NEW: &str = "/users/new";

/// `POST /users/new`
pub(in crate::web) async fn create(State(app): State<AppState>, Extension(who): Extension<SignedIn>, request: Request) -> Response {
    let (parts, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let mut form = UserFormView {
        email: fields.one("email"),
        role: fields.one("role").parse().ok(),
        ..UserFormView::default()
    };
    let password = typed(&fields);
    match users::create(&app.store, &Principal::User(who), &form.email, form.role, password.as_deref()).await {
        Ok(WithPassword { user, generated: None }) => Redirect::to(&format!("/users/{}", user.id)).into_response(),
        Ok(WithPassword {
            user,
            generated: Some(secret),
        }) => {
            form.made = Some(SecretView { name: user.email, secret });
            render(&app, page(parts, NEW), form, StatusCode::OK).await
        }
        Err(UseCaseError::Invalid(errors)) => {
            let lang = viewer_of(&parts.headers).lang;
            form.errors = errors.iter().map(|error| error_view(error, lang)).collect();
            render(&app, page(parts, NEW), form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(other) => Problem::from(other).into_response(),
    }
}

/// `POST /users/{id}`: one of the buttons of a user's page.
pub(in crate::web) async fn change(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Extension(who): Extension<SignedIn>,
    request: Request,
) -> Response {
    let (parts, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let by = Principal::User(who.clone());
    let Ok(id) = id.parse::<UserId>() else {
        return answer(&app, parts, Err(UseCaseError::NotFound)).await;
    };
    let intent = fields.one("intent");
    let (change, done) = match intent.as_str() {
        "disable" => (UserChange::Disable, "disabled"),
        "enable" => (UserChange::Enable, "enabled"),
        "role" => match fields.one("role").parse::<Role>() {
            Ok(role) => (UserChange::Role(role), "role"),
            Err(_) => return answer(&app, parts, Err(wrong("/role", Wrong::NoSuchRole))).await,
        },
        "reset-password" => {
            return match users::reset_password(&app.store, &by, id, typed(&fields).as_deref()).await {
                Ok(WithPassword { generated: None, .. }) => saved(id, "password"),
                Ok(WithPassword {
                    user,
                    generated: Some(secret),
                }) => {
                    let made = Some(SecretView { name: user.email, secret });
                    let posted = PostedUser {
                        made,
                        ..PostedUser::default()
                    };
                    answer(&app, parts, Ok(posted)).await
                }
                Err(error) => answer(&app, parts, Err(error)).await,
            };
        }
        "reset-second-factor" => {
            let lang = viewer_of(&parts.headers).lang;
            // A stolen session alone shall not open other accounts.
            let confirmed = account::confirm(&app.store, &who, &fields.one("current"), app.clock.now()).await;
            return match confirmed.map_err(|error| unconfirmed(error, lang)) {
                Ok(_) => match users::reset_second_factor(&app.store, &by, id).await {
                    Ok(()) => saved(id, "second-factor"),
                    Err(error) => answer(&app, parts, Err(error)).await,
                },
                Err(Ok(posted)) => answer(&app, parts, Ok(posted)).await,
                Err(Err(problem)) => problem.into_response(),
            };
        }
        _ => return Problem::malformed("The form lacks its `intent`.").into_response(),
    };
    match users::change(&app.store, &by, id, change).await {
        Ok(_) => saved(id, done),
        Err(error) => answer(&app, parts, Err(error)).await,
    }
}

/// Why it is not sure that it is them.
fn unconfirmed(error: AccountError, lang: Lang) -> Result<PostedUser, Problem> {
    match error {
        AccountError::Wait(wait) => Ok(PostedUser {
            refusal: Some(messages::sign_in::wait_seconds(lang, seconds(wait))),
            ..PostedUser::default()
        }),
        AccountError::Store(error) => Err(Problem::from(error)),
        AccountError::Hash(error) => Err(Problem::internal(&error)),
        AccountError::WrongPassword | AccountError::WrongCode | AccountError::Unchanged | AccountError::Unfit(_) => Ok(PostedUser {
            errors: vec![ErrorView {
                field: "current".to_owned(),
                detail: messages::account::wrong_password(lang).to_owned(),
            }],
            ..PostedUser::default()
        }),
    }
}

/// Back to the user's page, which says what was done.
fn saved(id: UserId, done: &str) -> Response {
    Redirect::to(&format!("/users/{id}?saved={done}")).into_response()
}

/// The user's page, with what came of the form.
async fn answer(app: &AppState, parts: Parts, outcome: Result<PostedUser, UseCaseError>) -> Response {
    let (path, lang) = (parts.uri.path().to_owned(), viewer_of(&parts.headers).lang);
    let (posted, status) = match outcome {
        Ok(posted) => (posted, StatusCode::OK),
        Err(UseCaseError::Invalid(errors)) => {
            let errors = errors.iter().map(|error| error_view(error, lang)).collect();
            let posted = PostedUser {
                errors,
                ..PostedUser::default()
            };
            (posted, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(UseCaseError::Conflict(wrong)) => {
            let posted = PostedUser {
                refusal: Some(wrong.text(lang)),
                ..PostedUser::default()
            };
            (posted, StatusCode::CONFLICT)
        }
        Err(UseCaseError::NotFound) => (PostedUser::default(), StatusCode::NOT_FOUND),
        Err(other) => return Problem::from(other).into_response(),
    };
    render(app, page(parts, &path), posted, status).await
}

/// The password that was typed; none is typed to have one generated.
fn typed(fields: &Fields) -> Option<String> {
    Some(fields.one("password")).filter(|password| !password.is_empty())
}

fn wrong(pointer: &str, wrong: Wrong) -> UseCaseError {
    UseCaseError::Invalid(vec![FieldError::new(pointer, wrong)])
}
