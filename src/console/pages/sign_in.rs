//! Sign in: e-mail and password, then the second step of those who have one.

use leptos::prelude::*;
use leptos_meta::Title;
use url::form_urlencoded;

use crate::{
    console::{
        address::query,
        calls::{KeptView, SignInProblem, sign_in_form},
        components::{
            centered_page::Alone,
            field::{EmailField, PasswordField},
            replay_form::Typed,
        },
        viewer::lang,
    },
    messages::{Lang, sign_in as say},
};

/// Sign in with e-mail and password, or by the OpenID provider.
#[component]
pub(in crate::console) fn SignIn() -> impl IntoView {
    let lang = lang();
    let next = query("next").unwrap_or_default();
    // Only what is a path here, and stands in a query as it is, is taken along.
    let plain = |next: &str| {
        next.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.'))
    };
    let provider = if plain(&next) {
        format!("/sign-in/oidc?next={next}")
    } else {
        "/sign-in/oidc".to_owned()
    };
    let view = sign_in_form();
    if let Some(kept) = view.kept.clone().filter(|_| view.resumes) {
        return resume(kept, lang);
    }
    let described = view.problem.map(|_| "sign-in-error");
    view! {
        <Title text=say::sign_in(lang) />
        <Alone title=say::sign_in(lang) holds=view.kept.is_some()>
            {view.kept.is_some().then(|| view! { <p class="notice warn" role="status">{say::kept(lang)}</p> })}
            {view
                .only_by_https
                .clone()
                .map(|address| view! {
                    <p class="notice bad" role="alert">
                        {say::only_by_https(lang)} " " <a href=address.clone() rel="external">{address.clone()}</a>
                    </p>
                })}
            <form method="post" action="/sign-in">
                <Problem problem=view.problem />
                <input type="hidden" name="next" value=next />
                {brought(view.kept.as_ref())}
                <EmailField
                    label=say::email(lang)
                    focus=view.email.is_empty()
                    value=view.email.clone()
                    invalid=view.problem.is_some()
                    described=described.map(str::to_owned)
                />
                <PasswordField
                    name="password"
                    label=say::password(lang)
                    autocomplete="current-password"
                    focus=!view.email.is_empty()
                    invalid=view.problem.is_some()
                    described=described.map(str::to_owned)
                />
                <button class="button primary wide" type="submit">
                    {say::sign_in(lang)}
                </button>
            </form>
            {view
                .provider
                .map(|name| view! {
                    <p class="or">{say::or(lang)}</p>
                    <a class="button wide" href=provider rel="external" target=view.kept.is_some().then_some("_blank")>
                        {say::by_provider(lang, &name)}
                    </a>
                    {view.kept.clone().map(|kept| view! { <Typed kept text=say::kept_signed_in(lang) class="button wide" /> })}
                })}
        </Alone>
    }
    .into_any()
}

/// What goes on after signing in, in the forms of signing in.
fn brought(kept: Option<&KeptView>) -> Option<impl IntoView + use<>> {
    kept.map(|kept| {
        view! {
            <input type="hidden" name="kept_path" value=kept.path.clone() />
            <input type="hidden" name="kept" value=kept.typed.clone() />
        }
    })
}

/// They are signed in: the form goes on.
fn resume(kept: KeptView, lang: Lang) -> AnyView {
    let name = form_urlencoded::parse(kept.typed.as_bytes()).find_map(|(field, value)| (field == "name").then(|| value.into_owned()));
    view! {
        <Title text=say::sign_in(lang) />
        <Alone title=say::kept_title(lang) holds=true>
            <p class="lead">{say::kept_why(lang)}</p>
            {name.map(|name| view! { <p class="lead"><strong>{name}</strong></p> })}
            <Typed kept text=say::kept_go_on(lang) class="button primary wide" />
            <p class="or">
                <a href="/webhooks" rel="external">
                    {say::kept_discard(lang)}
                </a>
            </p>
        </Alone>
    }
    .into_any()
}

/// The second step: a code.
#[component]
pub(in crate::console) fn SecondStep() -> impl IntoView {
    let lang = lang();
    let next = query("next").unwrap_or_default();
    let view = sign_in_form();
    let described = if view.problem.is_some() {
        "sign-in-error code-hint"
    } else {
        "code-hint"
    };
    view! {
        <Title text=say::step(lang) />
        <Alone title=say::step(lang) holds=view.kept.is_some()>
            <form method="post" action="/sign-in/code">
                <Problem problem=view.problem />
                <input type="hidden" name="next" value=next />
                {brought(view.kept.as_ref())}
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
                        aria-invalid=view.problem.map(|_| "true")
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
                <a href="/sign-in" rel="external">
                    {say::other_account(lang)}
                </a>
            </p>
        </Alone>
    }
}

/// Why they are not signed in.
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
        SignInProblem::Wait(seconds) => return wait(lang, seconds),
        SignInProblem::Wrong => say::wrong(lang),
        SignInProblem::WrongCode => say::wrong_code(lang),
        SignInProblem::Expired => say::expired(lang),
        SignInProblem::ProviderUnreachable => say::provider_unreachable(lang),
        SignInProblem::ProviderRefused => say::provider_refused(lang),
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

/// How long to wait.
pub(super) fn wait(lang: Lang, seconds: u64) -> String {
    if seconds < 120 {
        say::wait_seconds(lang, seconds)
    } else {
        say::wait_minutes(lang, seconds.div_ceil(60))
    }
}
