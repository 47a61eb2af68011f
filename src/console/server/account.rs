//! The views of signing in and of the viewer's own account.

use std::fmt::Write;

use axum::http::StatusCode;
use axum::http::request::Parts;
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use qrcodegen::{QrCode, QrCodeEcc};

use crate::{
    app::AppState,
    auth::{
        password::{self, UnfitPassword},
        principal::SignedIn,
        second_factor, setup,
    },
    console::calls::SetupProblem,
    console::{
        calls::{AccountView, EnrolView, PostedAccount, SessionView, SetupView, SignInView, UnfitView},
        server::{browser_name, lang, time_view, zone},
    },
    request::client_address::only_by_https,
    services::error::UseCaseError,
    storage::{sessions::IDLE, setup::SetupLink},
};

impl From<UnfitPassword> for UnfitView {
    fn from(unfit: UnfitPassword) -> Self {
        match unfit {
            UnfitPassword::TooShort => Self::TooShort { min: password::MIN as u64 },
            UnfitPassword::TooLong => Self::TooLong { max: password::MAX as u64 },
            UnfitPassword::TooCommon => Self::TooCommon,
        }
    }
}

/// The sign-in page: what was typed and what is wrong, after a form.
pub fn sign_in() -> SignInView {
    let app = expect_context::<AppState>();
    SignInView {
        only_by_https: use_context::<Parts>().and_then(|parts| only_by_https(&app.front, &parts)),
        provider: app.oidc.as_ref().map(|provider| provider.name().to_owned()),
        ..use_context::<SignInView>().unwrap_or_default()
    }
}

/// The page of the first administrator, by the token of its link.
pub async fn setup(token: String) -> Result<SetupView, UseCaseError> {
    if let Some(posted) = use_context::<SetupView>() {
        return Ok(posted);
    }
    let app = expect_context::<AppState>();
    let problem = match setup::state(&app.store, &token, app.clock.now()).await? {
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

/// The viewer's own account; after a form with what came of it.
pub async fn view(who: SignedIn) -> Result<AccountView, UseCaseError> {
    let (app, posted) = (expect_context::<AppState>(), use_context::<PostedAccount>());
    let (store, now, zone, lang) = (&app.store, app.clock.now(), zone(), lang());
    let has_password = store.user_with_hash(who.user).await?.is_some_and(|(_, hash)| !hash.is_empty());
    let factor = store.second_factor(who.user).await?;
    let enrolling = posted.as_ref().is_some_and(|posted| posted.enrolling);
    let enrol = factor.as_ref().filter(|factor| enrolling && !factor.confirmed);
    let codes_left = store.recovery_codes(who.user).await?;
    let sessions = store.sessions(who.user, now, now.minus(IDLE)).await?;
    // After a change all other sessions are over, and the one of this request has another id.
    let only = sessions.len() == 1;
    let session = |row: crate::storage::sessions::SessionRow| SessionView {
        current: only || row.id == who.session,
        id: row.id.to_string(),
        browser: browser_name::of(row.browser.as_deref().unwrap_or_default()),
        address: row.address.unwrap_or_default(),
        last_seen: time_view(row.last_seen_at, &zone, lang),
        created: time_view(row.created_at, &zone, lang),
    };
    Ok(AccountView {
        has_password,
        provider: app.oidc.as_ref().map(|provider| provider.name().to_owned()).unwrap_or_default(),
        enrol: enrol.and_then(|factor| enrolment(&factor.secret, &who.email)),
        factor: factor.filter(|factor| factor.confirmed).map(|_| codes_left),
        codes: posted.as_ref().map(|posted| posted.codes.clone()).unwrap_or_default(),
        sessions: sessions.into_iter().map(session).collect(),
        form: posted.as_ref().map(|posted| posted.form),
        problem: posted.and_then(|posted| posted.problem),
        email: who.email,
    })
}

fn enrolment(secret: &[u8], email: &str) -> Option<EnrolView> {
    let address = second_factor::address(secret, email)?;
    let code = QrCode::encode_text(&address, QrCodeEcc::Medium).ok()?;
    Some(EnrolView {
        secret: second_factor::base32(secret),
        address,
        size: code.size().unsigned_abs() + 2 * QUIET.unsigned_abs(),
        path: path(&code),
    })
}

/// Modules around the code that stay light (ISO/IEC 18004).
const QUIET: i32 = 4;

/// The dark modules as a path, each run of them in a row one rectangle.
fn path(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
            let run = i32::try_from(run).unwrap_or(0);
            if run > 0 {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    path
}

impl From<SetupLink> for SetupProblem {
    /// Why a link cannot be used.
    fn from(link: SetupLink) -> Self {
        match link {
            SetupLink::Stale => Self::Stale,
            SetupLink::Used => Self::Used,
            SetupLink::Unknown | SetupLink::Valid => Self::Unknown,
        }
    }
}

impl SetupProblem {
    /// The status of the response that shows the problem.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Stale | Self::Used => StatusCode::GONE,
            Self::Unknown => StatusCode::FORBIDDEN,
            Self::Email | Self::Password(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_camera_reads_what_the_app_opens() {
        let view = enrolment(&[7; 20], "someone@example.com").unwrap();
        assert!(view.address.contains(&view.secret), "{}", view.address);
        assert!(view.size > 30 && view.path.starts_with("M4 4h7v1h-7z"), "{}", view.path);
    }
}
