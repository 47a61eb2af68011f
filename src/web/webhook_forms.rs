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
    app::AppState,
    auth::principal::{Principal, SignedIn},
    console::{
        calls::{ErrorView, FormFields, FormView, HeaderView, PostedForm, RateView},
        server::viewer::viewer_of,
    },
    domain::{
        headers::{Header, is_credential},
        id::WebhookId,
        secret::SigningSecret,
        timestamp::Timestamp,
        webhook::parse_rate,
    },
    messages::Lang,
    rest::{Problem, check_length},
    services::error::{FieldError, UseCaseError},
    services::webhooks::{self, RateInput, WebhookInput},
    web::{form_replay, pages::render, webhook_actions},
};

/// The parts of a webhook's form in the order of the page: the first one that is wrong takes the focus.
const ORDER: [&str; 8] = ["name", "description", "owners", "url", "secret", "rate_limit", "headers", "events"];
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

    /// The rate limit, if the form has fields for it.
    fn rate(&self) -> Option<RateView> {
        let [per_second, burst] = ["rate_limit-per_second", "rate_limit-burst"].map(|name| self.all(name).pop());
        (per_second.is_some() || burst.is_some()).then(|| RateView {
            per_second: per_second.unwrap_or_default(),
            burst: burst.unwrap_or_default(),
        })
    }

    /// Whether events are sent in order. A box that is not ticked sends nothing; the hidden field beside it says that there is one.
    fn ordered(&self) -> Option<bool> {
        let sent = self.all("ordered");
        (!sent.is_empty()).then(|| sent.iter().any(|value| value == "true"))
    }

    /// Rows of headers. A ticked box sends the key of its row and any other sends nothing, so each row sends its key as well. A form
    /// without keys leaves it to the names which values are secret.
    fn headers(&self) -> Vec<HeaderView> {
        let (keys, ticked, undecided) = (self.all("header_row"), self.all("header_secret"), self.all("header_undecided"));
        let rows = self.all("header_name").into_iter().zip(self.all("header_value"));
        let row = |(at, (name, value)): (usize, (String, String))| {
            let key = keys.get(at);
            let is_undecided = key.is_none_or(|key| undecided.contains(key));
            let secret = key.is_some_and(|key| ticked.contains(key)) || (is_undecided && is_credential(&name));
            HeaderView {
                decided: secret || !is_undecided,
                name,
                value,
                secret,
            }
        };
        rows.enumerate().map(row).collect()
    }

    /// What was typed into a webhook's form.
    fn form(&self) -> FormView {
        let fields = FormFields {
            name: self.one("name"),
            description: self.one("description").replace("\r\n", "\n"),
            url: self.one("url"),
            enabled: self.one("enabled") == "true",
            secret: self.one("secret"),
            rate: self.rate(),
            ordered: self.ordered(),
            headers: self.headers(),
            events: self.all("events"),
            owners: self.owners(),
        };
        FormView {
            fields,
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
    match webhooks::create(&app, &Principal::User(who), input(&form.fields, None)).await {
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
    let parts = match webhook_actions::act(&app, &by, id, parts, &fields).await {
        Ok(response) => return response,
        Err(parts) => parts,
    };
    let mut form = fields.form();
    if edit_form(&mut form, &fields.one("intent")) {
        return shown(&app, parts, &fields, form, StatusCode::OK).await;
    }
    let edit = |stored: WebhookInput| input(&form.fields, Some(stored));
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
        other => form_replay::with_form(other.into(), parts.uri.path(), fields),
    }
}

/// The form as it was typed. Making its page asks the database as well.
async fn shown(app: &AppState, parts: Parts, fields: &Fields, form: FormView, status: StatusCode) -> Response {
    let path = parts.uri.path().to_owned();
    let response = render(app, page(parts, &path), PostedForm(form), status).await;
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        return form_replay::with_form(Problem::unavailable(), &path, fields);
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
            form.fields.secret = SigningSecret::generate().reveal().to_string();
            "secret".to_owned()
        }
        None if intent == "add-header" => {
            form.fields.headers.push(HeaderView::default());
            format!("headers-{}-name", form.fields.headers.len() - 1)
        }
        Some(at) if at < form.fields.headers.len() => {
            form.fields.headers.remove(at);
            "headers".to_owned()
        }
        _ => "headers".to_owned(),
    };
    form.edited = Some(field);
    true
}

/// The webhook that a form asks for. What the form has no field for stays as it is stored.
fn input(form: &FormFields, stored: Option<WebhookInput>) -> WebhookInput {
    let FormFields {
        name,
        description,
        url,
        enabled,
        secret,
        rate,
        ordered,
        headers,
        events,
        owners,
    } = form.clone();
    let (stored_owners, stored_rate, stored_ordered) = match stored {
        Some(stored) => (stored.owners, stored.rate, stored.ordered),
        None => (Vec::new(), None, false),
    };
    WebhookInput {
        name,
        description,
        url,
        enabled,
        events,
        owners: owners.unwrap_or(stored_owners),
        headers: headers
            .into_iter()
            .map(|HeaderView { name, value, secret, .. }| Header { name, value, secret })
            .collect(),
        rate: rate.map_or(stored_rate, |rate| rate_input(&rate)),
        ordered: ordered.unwrap_or(stored_ordered),
        secret: Some(secret),
    }
}

/// Two empty fields are no limit.
fn rate_input(RateView { per_second, burst }: &RateView) -> Option<RateInput> {
    let is_limit = !per_second.trim().is_empty() || !burst.trim().is_empty();
    is_limit.then(|| RateInput {
        per_second: parse_rate(per_second),
        burst: parse_rate(burst),
    })
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
        let mut form = Fields::of("header_name=X-A&header_value=1").form();
        assert!(edit_form(&mut form, "add-header"));
        assert_eq!(form.fields.headers.len(), 2);
        assert!(edit_form(&mut form, "remove-header-0"));
        assert_eq!(form.fields.headers, [HeaderView::default()]);
        assert!(edit_form(&mut form, "remove-header-9"));
        assert!(edit_form(&mut form, "generate-secret") && form.fields.secret.starts_with("whsec_"));
        assert_eq!(form.edited.as_deref(), Some("secret"), "where one was");
        assert!(!edit_form(&mut form, "save"));
    }

    #[test]
    fn ticks_belong_to_their_rows() {
        let secrets = |form: &str| {
            let headers = Fields::of(form).headers();
            headers
                .into_iter()
                .map(|header| (header.name, header.secret, header.decided))
                .collect::<Vec<_>>()
        };
        let row = |key: &str, name: &str| format!("header_row={key}&header_name={name}&header_value=v&");
        let rows = row("4", "X-A") + &row("1", "X-B") + &row("7", "X-Token");
        let named = |secret: [bool; 3]| {
            let names = ["X-A", "X-B", "X-Token"];
            names
                .into_iter()
                .zip(secret)
                .map(|(name, secret)| (name.to_owned(), secret, true))
                .collect::<Vec<_>>()
        };
        assert_eq!(secrets(&rows), named([false; 3]), "whoever unticks a credential has decided");
        assert_eq!(secrets(&format!("{rows}header_secret=1")), named([false, true, false]));
        assert_eq!(
            secrets(&format!("{rows}header_secret=7&header_secret=4")),
            named([true, false, true])
        );
        // A new row that nobody ticked follows its name.
        assert_eq!(secrets(&format!("{rows}header_undecided=7")), named([false, false, true]));
        let undecided = secrets(&format!("{rows}header_undecided=4"));
        assert_eq!(undecided[0], ("X-A".to_owned(), false, false));
        assert_eq!(
            secrets("header_name=Authorization&header_value=v"),
            [("Authorization".to_owned(), true, true)]
        );
    }

    #[test]
    fn a_form_without_fields_for_them_leaves_rate_and_order_as_stored() {
        let typed = |form: &str| {
            let fields = Fields::of(form).form().fields;
            (fields.rate.as_ref().map(rate_input), fields.ordered)
        };
        let rate = |per_second, burst| Some(Some(RateInput { per_second, burst }));
        assert_eq!(typed("name=x"), (None, None));
        assert_eq!(
            typed("rate_limit-per_second=&rate_limit-burst=+&ordered="),
            (Some(None), Some(false))
        );
        assert_eq!(
            typed("rate_limit-per_second=5&rate_limit-burst=x&ordered=&ordered=true"),
            (rate(Some(5), None), Some(true))
        );
        assert_eq!(typed("rate_limit-burst=2").0, rate(None, Some(2)));
    }
}
