//! Forms of the console: plain HTML, posted to the page's own path, one way with and without scripts. What cannot be carried out
//! comes back as the same page with everything that was typed; nothing of it ever stands in an address.

use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use url::form_urlencoded;

use crate::{
    auth::principal::{Principal, SignedIn},
    console::{
        calls::{ErrorView, FormView, HeaderView, PostedForm},
        server::viewer::viewer_of,
    },
    domain::{
        headers::{Header, is_credential},
        id::WebhookId,
        secret::SigningSecret,
        timestamp::Timestamp,
    },
    messages::Lang,
    rest::{Problem, check_length},
    state::AppState,
    web::{actions, kept, pages::render},
    webhooks::{self, FieldError, UseCaseError, WebhookInput},
};

/// The parts of a webhook's form in the order of the page: the first one that is wrong takes the focus.
const ORDER: [&str; 7] = ["name", "description", "owners", "url", "secret", "headers", "events"];
/// Largest form, in bytes.
const FORM_MAX: usize = 256 * 1024;

/// The pairs of a form, in order.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads the form, and keeps the request's head to render the page anew.
    pub(super) async fn read(request: Request) -> Result<(Parts, Self), Problem> {
        let (parts, body) = request.into_parts();
        let media = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !media.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            return Err(Problem::unsupported_media("Send the form as application/x-www-form-urlencoded."));
        }
        check_length(&parts.headers, FORM_MAX)?;
        let bytes = to_bytes(body, FORM_MAX).await.map_err(|_| Problem::too_large(FORM_MAX))?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
        if fields.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Problem::malformed("Leave out null characters."));
        }
        Ok((parts, Self(fields)))
    }

    /// The fields of an encoded form.
    pub(super) fn of(encoded: &str) -> Self {
        Self(form_urlencoded::parse(encoded.as_bytes()).into_owned().collect())
    }

    /// Reads a form in which each of these fields may stand once: which of two would count is nobody's guess.
    pub(super) async fn read_once(request: Request, names: &[&str]) -> Result<(Parts, Self), Problem> {
        let (parts, fields) = Self::read(request).await?;
        match names
            .iter()
            .find(|name| fields.0.iter().filter(|(field, _)| field == *name).count() > 1)
        {
            Some(name) => Err(Problem::malformed(format!("The field `{name}` stands in the form more than once."))),
            None => Ok((parts, fields)),
        }
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
            .collect()
    }

    pub(super) fn one(&self, name: &str) -> String {
        self.0
            .iter()
            .rfind(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }

    /// The owners that were ticked; the field that holds nothing says that they could be.
    fn owners(&self) -> Option<Vec<String>> {
        let owners = self.all("owners");
        let ticked = || owners.iter().filter(|id| !id.is_empty()).cloned().collect();
        (!owners.is_empty()).then(ticked)
    }

    /// What was typed into a webhook's form. A row of headers that is empty is no header.
    fn form(&self) -> FormView {
        let headers = self.all("header_name").into_iter().zip(self.all("header_value"));
        FormView {
            name: self.one("name"),
            description: self.one("description").replace("\r\n", "\n"),
            url: self.one("url"),
            enabled: self.one("enabled") == "true",
            secret: self.one("secret"),
            headers: headers.map(|(name, value)| HeaderView { name, value }).collect(),
            events: self.all("events"),
            owners: self.owners(),
            seen: self.one("seen").parse().ok(),
            ..FormView::default()
        }
    }
}

/// `POST /webhooks`: enables or disables a webhook of the list, and comes back to its row.
pub(super) async fn switch(State(app): State<AppState>, Extension(who): Extension<SignedIn>, request: Request) -> Response {
    let (parts, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let switched = match fields.one("id").parse::<WebhookId>() {
        Ok(id) => webhooks::set_enabled(&app, &Principal::User(who), id, fields.one("enabled") == "true")
            .await
            .map(|()| id),
        Err(_) => Err(UseCaseError::NotFound),
    };
    match switched {
        Ok(id) => {
            let query = parts.uri.query().map_or_else(String::new, |query| format!("?{query}"));
            Redirect::to(&format!("/webhooks{query}#webhook-{id}")).into_response()
        }
        Err(UseCaseError::NotFound) => render(&app, page(parts, "/nowhere"), (), StatusCode::NOT_FOUND).await,
        Err(other) => Problem::from(other).into_response(),
    }
}

/// `POST /webhooks/new`
pub(super) async fn create(State(app): State<AppState>, Extension(who): Extension<SignedIn>, request: Request) -> Response {
    let (parts, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let mut form = fields.form();
    if edit_form(&mut form, &fields.one("intent")) {
        return shown(&app, parts, &fields, form, StatusCode::OK).await;
    }
    match webhooks::create(&app, &Principal::User(who), input(&form)).await {
        Ok((webhook, _)) => Redirect::to(&format!("/webhooks/{}?saved=created", webhook.id)).into_response(),
        Err(error) => again(&app, parts, &fields, form, error).await,
    }
}

/// `POST /webhooks/{id}`
pub(super) async fn change(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Extension(who): Extension<SignedIn>,
    request: Request,
) -> Response {
    let (parts, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    let path = parts.uri.path().to_owned();
    let Ok(id) = id.parse::<WebhookId>() else {
        return render(&app, page(parts, &path), (), StatusCode::NOT_FOUND).await;
    };
    let by = Principal::User(who);
    let parts = match actions::act(&app, &by, id, parts, &fields).await {
        Ok(response) => return response,
        Err(parts) => parts,
    };
    let mut form = fields.form();
    if edit_form(&mut form, &fields.one("intent")) {
        return shown(&app, parts, &fields, form, StatusCode::OK).await;
    }
    let edit = |stored: WebhookInput| WebhookInput {
        owners: form.owners.clone().unwrap_or(stored.owners),
        rate: stored.rate,
        ordered: stored.ordered,
        ..input(&form)
    };
    let changed = match form.seen {
        Some(seen) => webhooks::replace(&app, &by, id, Timestamp(seen), edit).await,
        None if fields.one("seen").is_empty() => webhooks::patch(&app, &by, id, edit).await,
        None => return Problem::malformed("The field `seen` is no number.").into_response(),
    };
    match changed {
        Ok(_) => Redirect::to(&format!("{path}?saved=changed")).into_response(),
        Err(error) => again(&app, parts, &fields, form, error).await,
    }
}

/// The same page with what was typed and what is wrong with it.
async fn again(app: &AppState, parts: Parts, fields: &Fields, mut form: FormView, error: UseCaseError) -> Response {
    match error {
        UseCaseError::Invalid(errors) => {
            let lang = viewer_of(&parts.headers).lang;
            form.errors = errors.iter().map(|error| error_view(error, lang)).collect();
            form.errors
                .sort_by_key(|error| ORDER.iter().position(|part| error.field.starts_with(part)).unwrap_or(ORDER.len()));
            shown(app, parts, fields, form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        UseCaseError::Stale => {
            form.meanwhile = Some(Vec::new());
            shown(app, parts, fields, form, StatusCode::CONFLICT).await
        }
        UseCaseError::NotFound => {
            let path = parts.uri.path().to_owned();
            render(app, page(parts, &path), (), StatusCode::NOT_FOUND).await
        }
        other => kept::with_form(other.into(), parts.uri.path(), fields),
    }
}

/// The form as it was typed. Making its page asks the database as well.
async fn shown(app: &AppState, parts: Parts, fields: &Fields, form: FormView, status: StatusCode) -> Response {
    let path = parts.uri.path().to_owned();
    let response = render(app, page(parts, &path), PostedForm(form), status).await;
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        return kept::with_form(Problem::unavailable(), &path, fields);
    }
    response
}

/// Buttons that save nothing: the form comes back with a row of headers more or less, or with another secret.
pub(super) fn is_edit(intent: &str) -> bool {
    matches!(intent, "add-header" | "generate-secret") || intent.starts_with("remove-header-")
}

/// Does what such a button says; true when it was one.
fn edit_form(form: &mut FormView, intent: &str) -> bool {
    if !is_edit(intent) {
        return false;
    }
    let at = intent.strip_prefix("remove-header-").and_then(|at| at.parse::<usize>().ok());
    let field = match at {
        None if intent == "generate-secret" => {
            form.secret = SigningSecret::generate().reveal().to_string();
            "secret".to_owned()
        }
        None if intent == "add-header" => {
            form.headers.push(HeaderView::default());
            format!("headers-{}-name", form.headers.len() - 1)
        }
        Some(at) if at < form.headers.len() => {
            form.headers.remove(at);
            "headers".to_owned()
        }
        _ => "headers".to_owned(),
    };
    form.edited = Some(field);
    true
}

fn input(form: &FormView) -> WebhookInput {
    WebhookInput {
        name: form.name.clone(),
        description: form.description.clone(),
        url: form.url.clone(),
        enabled: form.enabled,
        events: form.events.clone(),
        owners: form.owners.clone().unwrap_or_default(),
        headers: form
            .headers
            .iter()
            .map(|HeaderView { name, value }| Header {
                name: name.clone(),
                value: value.clone(),
                secret: is_credential(name),
            })
            .collect(),
        secret: Some(form.secret.clone()),
        ..WebhookInput::default()
    }
}

/// `/headers/0/name` is the field `headers-0-name`; whatever is wrong with one event or owner stands at all of them.
pub(super) fn error_view(error: &FieldError, lang: Lang) -> ErrorView {
    let field = error.pointer.trim_start_matches('/').replace('/', "-");
    let whole = ["events", "owners"].into_iter().find(|whole| field.starts_with(whole));
    let field = whole.map_or(field, str::to_owned);
    ErrorView {
        field,
        detail: error.text(lang),
    }
}

/// The request that would have asked for this page.
pub(super) fn page(mut parts: Parts, path: &str) -> Request {
    parts.method = Method::GET;
    if let Ok(uri) = path.parse() {
        parts.uri = uri;
    }
    Request::from_parts(parts, Body::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_added_and_removed_and_another_secret_is_made() {
        let mut form = FormView {
            headers: vec![HeaderView {
                name: "X-A".to_owned(),
                value: "1".to_owned(),
            }],
            ..FormView::default()
        };
        assert!(edit_form(&mut form, "add-header"));
        assert_eq!(form.headers.len(), 2);
        assert!(edit_form(&mut form, "remove-header-0"));
        assert_eq!(form.headers, [HeaderView::default()]);
        assert!(edit_form(&mut form, "remove-header-9"));
        assert!(edit_form(&mut form, "generate-secret") && form.secret.starts_with("whsec_"));
        assert_eq!(form.edited.as_deref(), Some("secret"), "where one was");
        assert!(!edit_form(&mut form, "save"));
    }
}
