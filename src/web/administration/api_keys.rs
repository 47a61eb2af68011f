//! Forms of keys. A key is in the answer to the form that made it and nowhere else.

use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    console::{
        calls::{KeyFormView, SecretView},
        server::viewer::{viewer_of, zone_of},
    },
    domain::{id::ApiKeyId, role::Scope, timestamp::Timestamp},
    messages::wrong::Wrong,
    rest::Problem,
    services::api_keys,
    services::error::{FieldError, UseCaseError},
    web::{
        pages::render,
        webhook_forms::{Fields, error_view, page},
    },
};

const NEW: &str = "/api-keys/new";

/// `POST /api-keys/new`
pub(in crate::web) async fn create(State(app): State<AppState>, Extension(who): Extension<SignedIn>, request: Request) -> Response {
    let (parts, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let mut form = KeyFormView {
        name: fields.one("name"),
        scopes: fields.all("scopes"),
        expires: fields.one("expires"),
        ..KeyFormView::default()
    };
    let made = match read(&form, &zone_of(&parts.headers)) {
        Ok((scopes, expires)) => api_keys::create(&app.store, &Principal::User(who), &form.name, &scopes, expires).await,
        Err(errors) => Err(UseCaseError::Invalid(errors)),
    };
    match made {
        Ok((secret, key)) => {
            form.made = Some(SecretView { name: key.name, secret });
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

/// `POST /api-keys`: revokes the key that a row's button names.
pub(in crate::web) async fn revoke(State(app): State<AppState>, Extension(who): Extension<SignedIn>, request: Request) -> Response {
    let (_, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let revoked = match fields.one("id").parse::<ApiKeyId>() {
        Ok(id) => api_keys::revoke(&app.store, &Principal::User(who), id).await,
        Err(_) => Err(UseCaseError::NotFound),
    };
    match revoked {
        Ok(_) => Redirect::to("/api-keys?done=revoked").into_response(),
        // There is none, or somebody else was quicker: the list shows how it stands.
        Err(UseCaseError::NotFound) => Redirect::to("/api-keys").into_response(),
        Err(other) => Problem::from(other).into_response(),
    }
}

/// The scopes and the end of a new key. The last day belongs to it whole, in the viewer's zone.
fn read(form: &KeyFormView, zone: &TimeZone) -> Result<(Vec<Scope>, Option<Timestamp>), Vec<FieldError>> {
    let (mut scopes, mut errors) = (Vec::new(), Vec::new());
    for scope in &form.scopes {
        match scope.parse() {
            Ok(scope) => scopes.push(scope),
            Err(_) => errors.push(FieldError::new(
                "/scopes",
                Wrong::NoSuchScope {
                    scope: scope.chars().take(80).collect(),
                },
            )),
        }
    }
    let expires = match form.expires.trim() {
        "" => None,
        day => Timestamp::end_of_day(day, zone)
            .map_err(|_| errors.push(FieldError::new("/expires", Wrong::Expiry)))
            .ok(),
    };
    if errors.is_empty() { Ok((scopes, expires)) } else { Err(errors) }
}
