//! The section of the second factor.

use std::fmt::Write;

use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};

use super::{AccountView, PATH, forms::AccountIntent};
use crate::{
    auth::second_factor,
    console::{
        components::{copy_button::CopyButton, field::PasswordField},
        islands::FieldError,
        viewer::lang,
    },
    messages::{account as say, common, logs},
};

/// The width of the light border around a QR code, in modules (ISO/IEC 18004).
const QUIET: i32 = 4;

/// A second factor that is being set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Enrolment {
    /// The secret in base 32, for typing it into the app.
    secret: String,
    /// The address with the secret, which opens the app.
    address: String,
    /// The width of the QR code of the address, in modules.
    size: u32,
    /// The dark modules of the QR code, as an SVG path.
    path: String,
}

impl Enrolment {
    /// The secret of this user in all forms. `None` if it cannot be encoded.
    pub(super) fn new(secret: &[u8], email: &str) -> Option<Self> {
        let address = second_factor::address(secret, email)?;
        let code = QrCode::encode_text(&address, QrCodeEcc::Medium).ok()?;
        Some(Self {
            secret: second_factor::base32(secret),
            address,
            size: code.size().unsigned_abs() + 2 * QUIET.unsigned_abs(),
            path: qr_path(&code),
        })
    }
}

/// The dark modules as a path with one rectangle per run of modules in a row.
fn qr_path(code: &QrCode) -> String {
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

/// The section. Setting up, turning off and new recovery codes each require the password.
#[component]
pub(super) fn SecondFactor(view: AccountView) -> impl IntoView {
    let lang = lang();
    let state = match view.factor {
        Some(count) => say::factor_on(lang, u64::from(count)),
        None => say::factor_off(lang).to_owned(),
    };
    let code_error = view.error(&[AccountIntent::ConfirmFactor], "code");
    let with_password = [AccountIntent::BeginFactor, AccountIntent::RemoveFactor, AccountIntent::RenewCodes];
    let password_error = view.error(&with_password, "current");
    let (intent, codes) = view.result.map(|result| (result.intent, result.codes)).unzip();
    let codes = codes.unwrap_or_default();
    let was_turned_on = intent == Some(AccountIntent::ConfirmFactor) && !codes.is_empty();
    let is_enrolling = view.enrolment.is_some();
    let forms = match view.enrolment {
        Some(enrolment) => view! { <Enrol enrolment error=code_error /> }.into_any(),
        None => view! { <PasswordForm on=view.factor.is_some() error=password_error /> }.into_any(),
    };
    view! {
        <section aria-labelledby="factor-heading">
            <div>
                <h2 id="factor-heading">{say::factor(lang)}</h2>
                <p>{say::factor_about(lang)}</p>
            </div>
            <div>
                {was_turned_on.then(|| view! { <p class="notice good" role="status">{say::codes_on(lang)}</p> })}
                {(!is_enrolling).then(|| view! { <p class="state-line">{state}</p> })}
                {(!codes.is_empty()).then(|| view! { <Codes codes /> })}
                {forms}
            </div>
        </section>
    }
}

/// The password and the buttons that require it.
#[component]
fn PasswordForm(on: bool, error: Option<String>) -> impl IntoView {
    let lang = lang();
    let buttons = if on {
        view! {
            <button class="button" type="submit" name="intent" value=AccountIntent::RenewCodes.as_str()>
                {say::renew_codes(lang)}
            </button>
            <button class="button" type="submit" name="intent" value=AccountIntent::RemoveFactor.as_str()>
                {say::remove_factor(lang)}
            </button>
        }
        .into_any()
    } else {
        view! {
            <button class="button" type="submit" name="intent" value=AccountIntent::BeginFactor.as_str()>
                {say::begin_factor(lang)}
            </button>
        }
        .into_any()
    };
    view! {
        <form method="post" action=PATH novalidate>
            <PasswordField
                name="current"
                id="factor-password"
                label=say::factor_password(lang)
                autocomplete="current-password"
                error
            />
            <div class="buttons">{buttons}</div>
        </form>
    }
}

/// A text in groups of four letters, which are easier to type. Apps ignore the blanks.
fn in_fours(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(4)
        .map(|four| four.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The secret for the app, and a field for a code that proves that the app has it.
#[component]
fn Enrol(enrolment: Enrolment, error: Option<String>) -> impl IntoView {
    let lang = lang();
    let (invalid, described) = (error.as_ref().map(|_| "true"), error.as_ref().map(|_| "code-error"));
    view! {
        <p>{say::enrol(lang)}</p>
        <svg class="qr" role="img" aria-label=say::qr(lang) viewBox=format!("0 0 {0} {0}", enrolment.size)>
            <rect width="100%" height="100%" />
            <path d=enrolment.path />
        </svg>
        <dl class="pairs secret-pair">
            <dt>{say::secret(lang)}</dt>
            <dd>
                <code class="mono" id="factor-secret">
                    {in_fours(&enrolment.secret)}
                </code>
                " "
                <CopyButton of="factor-secret" label=common::copy(lang) small=true name=logs::copy_what(lang, say::secret(lang)) />
            </dd>
        </dl>
        <p>
            <a href=enrolment.address rel="external">
                {say::open_app(lang)}
            </a>
        </p>
        <form method="post" action=PATH novalidate>
            <input type="hidden" name="intent" value=AccountIntent::ConfirmFactor.as_str() />
            <div class="field">
                <label for="code">{say::code(lang)}</label>
                <input
                    id="code"
                    name="code"
                    class="mono"
                    type="text"
                    inputmode="numeric"
                    autocomplete="one-time-code"
                    required
                    maxlength="64"
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <FieldError id="code".to_owned() error />
            </div>
            <button class="button primary" type="submit">
                {say::confirm_factor(lang)}
            </button>
        </form>
    }
}

/// New recovery codes. They cannot be shown again, because the database has only their hashes.
#[component]
fn Codes(codes: Vec<String>) -> impl IntoView {
    let lang = lang();
    view! {
        <h3 id="codes">{say::codes(lang)}</h3>
        <p>{say::codes_hint(lang)}</p>
        <ul class="codes mono" aria-labelledby="codes">
            {codes.into_iter().map(|code| view! { <li>{code}</li> }).collect_view()}
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_in_groups_of_four() {
        assert_eq!(in_fours("ABCDEFGHIJ"), "ABCD EFGH IJ");
        assert_eq!(in_fours(""), "");
    }

    #[test]
    fn the_qr_code_has_the_address_with_the_secret() {
        let enrolment = Enrolment::new(&[7; 20], "someone@example.com").unwrap();
        assert!(enrolment.address.contains(&enrolment.secret), "{}", enrolment.address);
        assert!(
            enrolment.size > 30 && enrolment.path.starts_with("M4 4h7v1h-7z"),
            "{}",
            enrolment.path
        );
    }
}
