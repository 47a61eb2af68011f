//! The page that creates the first administrator. A server without users prints the link to it.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use serde::Deserialize;

use crate::{
    app::AppState,
    auth::{
        password::UnfitPassword,
        session,
        setup::{self, SetupError},
    },
    console::{
        ConsoleError,
        components::{
            centered_page::CenteredPage,
            field::{EmailField, PasswordField},
            inline_code::InlineCode,
            notice::Trouble,
        },
        page_response::PageResponse,
        pages::unfit_password::unfit_text,
        server::console_error,
        viewer::lang,
    },
    messages::{Lang, sign_in as say},
    problem::Problem,
    request::{browser::FromBrowser, client_address::Secure, cookies, form::Form},
    routes::{Routes, Rule},
    storage::setup::SetupLink,
};

const PATH: &str = "/setup";

/// The route of the form.
pub fn routes() -> Routes<AppState> {
    Routes::new().post(PATH, Rule::Guest, create)
}

/// The query of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SetupQuery {
    /// The token of the link.
    pub token: Option<String>,
}

/// The form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct SetupForm {
    token: String,
    email: String,
    password: String,
}

/// Why there is no first administrator yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SetupProblem {
    /// The link has expired.
    Stale,
    /// The link was used, or there are users already.
    Used,
    /// There was no such link.
    Unknown,
    /// The email address is not valid.
    Email,
    /// The password is not acceptable.
    Password(UnfitPassword),
}

/// What the page shows.
#[derive(Clone, Debug, Default)]
struct SetupView {
    token: String,
    email: String,
    problem: Option<SetupProblem>,
}

impl From<SetupLink> for SetupProblem {
    fn from(link: SetupLink) -> Self {
        match link {
            SetupLink::Stale => Self::Stale,
            SetupLink::Used => Self::Used,
            SetupLink::Unknown | SetupLink::Valid => Self::Unknown,
        }
    }
}

impl SetupProblem {
    const fn status(self) -> StatusCode {
        match self {
            Self::Stale | Self::Used => StatusCode::GONE,
            Self::Unknown => StatusCode::FORBIDDEN,
            Self::Email | Self::Password(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// Checks the token of the link. An unusable link sets the status of the response.
async fn load(token: String) -> Result<SetupView, ConsoleError> {
    let app = expect_context::<AppState>();
    let state = setup::state(&app.store, &token, app.clock.now()).await;
    let problem = match state.map_err(|error| console_error(error.into()))? {
        SetupLink::Valid => None,
        other => Some(SetupProblem::from(other)),
    };
    if let (Some(problem), Some(response)) = (problem, use_context::<ResponseOptions>()) {
        response.set_status(problem.status());
    }
    Ok(SetupView {
        token,
        problem,
        ..SetupView::default()
    })
}

/// `POST /setup`: creates the first administrator and signs them in.
async fn create(
    State(app): State<AppState>,
    Secure(secure): Secure,
    FromBrowser(browser): FromBrowser,
    Form(form): Form<SetupForm>,
) -> Response {
    let SetupForm { token, email, password } = form;
    let problem = match setup::run(&app.store, &browser, &token, &email, &password, app.clock.now()).await {
        Ok(session) => {
            let mut response = Redirect::to("/webhooks").into_response();
            cookies::set(&mut response, &session::cookie(Some(&session), secure));
            return response;
        }
        Err(SetupError::Link(link)) => SetupProblem::from(link),
        Err(SetupError::Email(_)) => SetupProblem::Email,
        Err(SetupError::Password(unfit)) => SetupProblem::Password(unfit),
        Err(SetupError::Store(error)) => return Problem::from(error).into_response(),
        Err(SetupError::Hash(error)) => return Problem::internal(&error).into_response(),
    };
    let view = SetupView {
        token,
        email,
        problem: Some(problem),
    };
    PageResponse::standalone(problem.status(), move || page(lang(), view.clone()))
}

/// The page as the link shows it.
#[component]
pub fn Setup(
    /// The query of the link.
    query: SetupQuery,
) -> impl IntoView {
    Suspend::new(async move {
        match load(query.token.unwrap_or_default()).await {
            Ok(view) => page(lang(), view),
            Err(error) => view! { <Title text=say::setup(lang()) /> <Trouble error /> }.into_any(),
        }
    })
}

fn page(lang: Lang, view: SetupView) -> AnyView {
    let unusable = match view.problem {
        Some(SetupProblem::Stale) => Some((say::setup_stale(lang), say::setup_stale_hint(lang))),
        Some(SetupProblem::Used) => Some((say::setup_used(lang), say::setup_used_hint(lang))),
        Some(SetupProblem::Unknown) => Some((say::setup_unknown(lang), say::setup_unknown_hint(lang))),
        Some(SetupProblem::Email | SetupProblem::Password(_)) | None => None,
    };
    let body = match unusable {
        Some((title, hint)) => view! {
            <CenteredPage title>
                <p class="notice warn" role="alert">
                    <InlineCode text=hint />
                </p>
                <a class="button primary wide" href="/sign-in" rel="external">
                    {say::sign_in(lang)}
                </a>
            </CenteredPage>
        }
        .into_any(),
        None => view! {
            <CenteredPage title=say::setup(lang)>
                <Fields view />
            </CenteredPage>
        }
        .into_any(),
    };
    view! {
        <Title text=say::setup(lang) />
        {body}
    }
    .into_any()
}

#[component]
fn Fields(view: SetupView) -> impl IntoView {
    let lang = lang();
    let email_error = (view.problem == Some(SetupProblem::Email)).then(|| say::setup_bad_email(lang).to_owned());
    let password_error = match view.problem {
        Some(SetupProblem::Password(unfit)) => Some(unfit_text(lang, unfit)),
        _ => None,
    };
    view! {
        <p class="lead">{say::setup_hint(lang)}</p>
        <form method="post" action=PATH>
            <input type="hidden" name="token" value=view.token />
            <EmailField
                label=say::email(lang)
                value=view.email
                hint=say::setup_email(lang)
                focus=password_error.is_none()
                error=email_error
            />
            <PasswordField
                name="password"
                label=say::password(lang)
                autocomplete="new-password"
                hint=say::setup_password_hint(lang)
                error=password_error
            />
            <button class="button primary wide" type="submit">
                {say::setup_create(lang)}
            </button>
        </form>
    }
}
