//! Sign-in: by email address and password, or by the OpenID provider, and then by the code of the second factor if the user has one.

mod forms;
mod oidc;

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::{
    app::AppState,
    auth::oidc::CALLBACK,
    console::{
        components::{
            centered_page::CenteredPage,
            field::{EmailField, PasswordField},
            replay_form::ReplayButton,
        },
        href::href,
        replay::ReplayForm,
        viewer::lang,
    },
    messages::{Lang, sign_in as say},
    request::{client_address::only_by_https, local_path, without_notices},
    routes::{Routes, Rule},
};

/// The path of the first step. The cookies of sign-in are sent only to it and to the paths below it.
const PATH: &str = "/sign-in";
/// The path of the second step.
const CODE_PATH: &str = "/sign-in/code";
/// The path that redirects to the OpenID provider.
const OIDC_PATH: &str = "/sign-in/oidc";
/// The page after sign-in if none was requested.
const HOME: &str = "/webhooks";

/// The routes of the forms, and of the redirects to and from the OpenID provider.
pub fn routes() -> Routes<AppState> {
    Routes::new()
        .post(PATH, Rule::Guest, forms::sign_in)
        .post(CODE_PATH, Rule::Guest, forms::submit_code)
        .post("/sign-out", Rule::Guest, forms::sign_out)
        .get(OIDC_PATH, Rule::Guest, oidc::redirect_to_provider)
        .get(CALLBACK, Rule::Guest, oidc::callback)
}

/// Why a user was not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// The email address or the password is wrong.
    WrongPassword,
    /// The code is wrong, or was used before.
    WrongCode,
    /// The password was entered too long ago.
    Expired,
    /// There were too many attempts. The user has to wait for this number of seconds.
    Wait(u64),
    /// The OpenID provider cannot be reached.
    ProviderUnreachable,
    /// The OpenID provider rejected the sign-in.
    ProviderRejected,
    /// The response of the OpenID provider is not valid.
    ProviderInvalid,
    /// The sign-in at the OpenID provider was started too long ago, or in another browser.
    ProviderExpired,
    /// The OpenID provider states no verified email address.
    NoEmail,
    /// The OpenID provider does not state whether the email address is verified.
    EmailUnstated,
    /// The OpenID provider states no role.
    NoRole,
    /// The email address belongs to another user of the provider.
    Taken,
    /// The user is disabled.
    Disabled,
}

/// The query of the sign-in pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInQuery {
    /// The page to show after sign-in.
    pub next: Option<String>,
    /// Anything, if a button was pressed after the session had ended, so that nothing was done.
    pub unsent: Option<String>,
}

/// What a sign-in page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInView {
    /// The page to show after sign-in.
    pub next: String,
    /// The email address that was typed.
    pub email: String,
    /// Why the user was not signed in.
    pub problem: Option<SignInProblem>,
    /// The form that the user can send again after sign-in.
    pub replay: Option<ReplayForm>,
    /// Whether a button was pressed after the session had ended.
    pub is_unsent: bool,
}

impl SignInView {
    /// The page as a link with this query shows it.
    pub fn of_query(query: SignInQuery) -> Self {
        Self {
            next: query.next.unwrap_or_default(),
            is_unsent: query.unsent.is_some(),
            ..Self::default()
        }
    }
}

/// The page to show after sign-in: a path of this site, or the list of webhooks. Without notices, because another site may have made the link.
fn next_page(next: &str) -> String {
    let without_notices = without_notices(next);
    local_path(without_notices.as_deref().unwrap_or(next)).unwrap_or_else(|| HOME.to_owned())
}

/// Whether this is a page with which the console begins, so that the user asked for none in particular.
fn is_start(next: &str) -> bool {
    matches!(next, HOME | "/")
}

/// The address of a sign-in page that leads to `next`.
fn with_next(path: &str, next: &str) -> String {
    href(
        path,
        &SignInQuery {
            next: Some(next.to_owned()),
            unsent: None,
        },
    )
}

/// The first step.
#[component]
pub fn SignIn(
    /// What it shows.
    view: SignInView,
) -> impl IntoView {
    let lang = lang();
    let SignInView {
        next,
        email,
        problem,
        replay,
        is_unsent,
    } = view;
    let app = expect_context::<AppState>();
    let provider_name = app.oidc.as_ref().map(|provider| provider.name().to_owned());
    let https_address = use_context::<Parts>().and_then(|parts| only_by_https(&app.front, &parts));
    let provider_link = provider_link(&next);
    let described = problem.map(|_| "sign-in-error");
    let (is_kept, has_email) = (replay.is_some(), !email.is_empty());
    view! {
        <Title text=say::sign_in(lang) />
        <CenteredPage title=say::sign_in(lang) holds=is_kept>
            {is_unsent.then(|| view! { <p class="notice warn" role="status">{say::unsent(lang)}</p> })}
            {is_kept.then(|| view! { <p class="notice warn" role="status">{say::kept(lang)}</p> })}
            {https_address
                .map(|address| view! {
                    <p class="notice bad" role="alert">
                        {say::only_by_https(lang)} " " <a href=address.clone() rel="external">{address.clone()}</a>
                    </p>
                })}
            <form method="post" action=PATH>
                <Problem problem />
                <input type="hidden" name="next" value=next />
                {carried(replay.as_ref())}
                <EmailField
                    label=say::email(lang)
                    focus=!has_email
                    value=email
                    invalid=problem.is_some()
                    described=described.map(str::to_owned)
                />
                <PasswordField
                    name="password"
                    label=say::password(lang)
                    autocomplete="current-password"
                    focus=has_email
                    invalid=problem.is_some()
                    described=described.map(str::to_owned)
                />
                <button class="button primary wide" type="submit">
                    {say::sign_in(lang)}
                </button>
            </form>
            {provider_name
                .map(|name| view! {
                    <p class="or">{say::or(lang)}</p>
                    <a class="button wide" href=provider_link rel="external" target=is_kept.then_some("_blank")>
                        {say::by_provider(lang, &name)}
                    </a>
                    {replay.map(|form| view! { <ReplayButton form text=say::kept_signed_in(lang) class="button wide" /> })}
                })}
        </CenteredPage>
    }
}

/// The link to the provider. Only a path of plain characters is passed on, because the provider may show the address.
fn provider_link(next: &str) -> String {
    let is_plain = next
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.'));
    if is_plain {
        format!("{OIDC_PATH}?next={next}")
    } else {
        OIDC_PATH.to_owned()
    }
}

/// Hidden fields with which a sign-in form carries another form along.
fn carried(replay: Option<&ReplayForm>) -> Option<impl IntoView + use<>> {
    replay.map(|form| {
        view! {
            <input type="hidden" name="kept_path" value=form.path.clone() />
            <input type="hidden" name="kept" value=form.encoded.clone() />
        }
    })
}

/// The page after sign-in with a form that was sent before the session ended, and a button that sends it again.
#[component]
fn Resume(
    /// The form.
    form: ReplayForm,
) -> impl IntoView {
    let lang = lang();
    let name = form_urlencoded::parse(form.encoded.as_bytes()).find_map(|(field, value)| (field == "name").then(|| value.into_owned()));
    view! {
        <Title text=say::sign_in(lang) />
        <CenteredPage title=say::kept_title(lang) holds=true>
            <p class="lead">{say::kept_why(lang)}</p>
            {name.map(|name| view! { <p class="lead"><strong>{name}</strong></p> })}
            <ReplayButton form text=say::kept_go_on(lang) class="button primary wide" />
            <p class="or">
                <a href=HOME rel="external">
                    {say::kept_discard(lang)}
                </a>
            </p>
        </CenteredPage>
    }
}

/// The second step: the code of the authenticator app, or a recovery code.
#[component]
pub fn SecondStep(
    /// What it shows.
    view: SignInView,
) -> impl IntoView {
    let lang = lang();
    let SignInView { next, problem, replay, .. } = view;
    let described = if problem.is_some() {
        "sign-in-error code-hint"
    } else {
        "code-hint"
    };
    view! {
        <Title text=say::step(lang) />
        <CenteredPage title=say::step(lang) holds=replay.is_some()>
            <form method="post" action=CODE_PATH>
                <Problem problem />
                <input type="hidden" name="next" value=next />
                {carried(replay.as_ref())}
                <div class="field">
                    <label for="code">{say::code(lang)}</label>
                    <input
                        id="code"
                        name="code"
                        class="mono"
                        type="text"
                        autocomplete="one-time-code"
                        autocapitalize="off"
                        spellcheck="false"
                        required
                        autofocus
                        maxlength="64"
                        aria-invalid=problem.map(|_| "true")
                        aria-describedby=described
                    />
                    <p class="hint" id="code-hint">
                        {say::step_hint(lang)}
                    </p>
                </div>
                <button class="button primary wide" type="submit">
                    {say::go_on(lang)}
                </button>
            </form>
            <p class="or">
                <a href=PATH rel="external">
                    {say::other_account(lang)}
                </a>
            </p>
        </CenteredPage>
    }
}

/// Why the user was not signed in.
#[component]
fn Problem(problem: Option<SignInProblem>) -> impl IntoView {
    problem.map(|problem| {
        view! {
            <p class="notice bad" role="alert" id="sign-in-error">
                {text(lang(), problem)}
            </p>
        }
    })
}

fn text(lang: Lang, problem: SignInProblem) -> String {
    let text = match problem {
        SignInProblem::Wait(seconds) => return wait_text(lang, seconds),
        SignInProblem::WrongPassword => say::wrong(lang),
        SignInProblem::WrongCode => say::wrong_code(lang),
        SignInProblem::Expired => say::expired(lang),
        SignInProblem::ProviderUnreachable => say::provider_unreachable(lang),
        SignInProblem::ProviderRejected => say::provider_refused(lang),
        SignInProblem::ProviderInvalid => say::provider_invalid(lang),
        SignInProblem::ProviderExpired => say::provider_expired(lang),
        SignInProblem::NoEmail => say::no_email(lang),
        SignInProblem::EmailUnstated => say::email_unstated(lang),
        SignInProblem::NoRole => say::no_role(lang),
        SignInProblem::Taken => say::taken(lang),
        SignInProblem::Disabled => say::disabled(lang),
    };
    text.to_owned()
}

/// How long the user has to wait, in words.
pub(super) fn wait_text(lang: Lang, seconds: u64) -> String {
    if seconds < 120 {
        say::wait_seconds(lang, seconds)
    } else {
        say::wait_minutes(lang, seconds.div_ceil(60))
    }
}
