//! Signing in, the first administrator, and the viewer's own account.

use crate::{
    console::{ConsoleError, calls::TimeView},
    domain::named::named,
};

/// What is wrong with a password that somebody chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnfitView {
    /// Fewer than so many characters.
    TooShort {
        /// So many.
        min: u64,
    },
    /// More than so many bytes.
    TooLong {
        /// So many.
        max: u64,
    },
    /// Guessed first.
    TooCommon,
}

/// Why somebody is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// Address or password is wrong.
    Wrong,
    /// The code is wrong, or was used before.
    WrongCode,
    /// The password was too long ago.
    Expired,
    /// There were too many attempts: so many seconds to wait.
    Wait(u64),
    /// The OpenID provider cannot be reached.
    ProviderUnreachable,
    /// The OpenID provider did not let them in.
    ProviderRefused,
    /// The OpenID provider's answer cannot be believed.
    ProviderInvalid,
    /// The way by the OpenID provider was begun too long ago or elsewhere.
    ProviderExpired,
    /// The OpenID provider vouches for no e-mail address.
    NoEmail,
    /// The OpenID provider does not say whether the e-mail address is verified.
    EmailUnstated,
    /// The OpenID provider names no role.
    NoRole,
    /// Their address belongs to another user of the provider.
    Taken,
    /// They are disabled.
    Disabled,
}

/// A form that was sent when the session had ended or the database was away: it goes on from the page that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptView {
    /// Where it was sent.
    pub path: String,
    /// What was typed, as it was sent (`application/x-www-form-urlencoded`).
    pub typed: String,
}

/// The sign-in page, and that of its second step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInView {
    /// What was typed.
    pub email: String,
    /// What is wrong.
    pub problem: Option<SignInProblem>,
    /// What people call the OpenID provider, if there is one.
    pub provider: Option<String>,
    /// The form that goes on afterwards.
    pub kept: Option<KeptView>,
    /// Whether they are signed in, and only the form is to go on.
    pub resumes: bool,
    /// The address with https at which the console works, when it was opened over http: the browser would not keep the session.
    pub only_by_https: Option<String>,
}

/// Why there is no first administrator yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupProblem {
    /// The link is too old.
    Stale,
    /// Somebody can sign in already.
    Used,
    /// There was no such link.
    Unknown,
    /// The address is none.
    Email,
    /// The password may not be used.
    Password(UnfitView),
}

/// The page of the first administrator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupView {
    /// The link's token.
    pub token: String,
    /// What was typed.
    pub email: String,
    /// What is wrong.
    pub problem: Option<SetupProblem>,
}

named! {
    /// A form of the account page.
    AccountForm("form") {
        /// Another password.
        Password = "password",
        /// A secret for a second factor.
        BeginFactor = "begin-factor",
        /// Turn the second factor on.
        ConfirmFactor = "confirm-factor",
        /// Turn the second factor off.
        RemoveFactor = "remove-factor",
        /// Other recovery codes.
        RenewCodes = "renew-codes",
        /// End one session.
        EndSession = "end-session",
        /// End all sessions.
        SignOutEverywhere = "sign-out-everywhere",
    }
}

/// Why nothing was changed of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountProblem {
    /// The password that proves who they are is wrong.
    WrongPassword,
    /// The code is wrong.
    WrongCode,
    /// The new password may not be used.
    Unfit(UnfitView),
    /// So many seconds to wait.
    Wait(u64),
}

/// A form of the account page that was posted, and what came of it.
#[derive(Clone, Debug)]
pub struct PostedAccount {
    /// Which.
    pub form: AccountForm,
    /// What is wrong.
    pub problem: Option<AccountProblem>,
    /// Recovery codes, this once.
    pub codes: Vec<String>,
    /// Whether the secret of the second factor is shown.
    pub enrolling: bool,
}

impl PostedAccount {
    /// This form, without anything to tell.
    pub const fn of(form: AccountForm) -> Self {
        Self {
            form,
            problem: None,
            codes: Vec::new(),
            enrolling: false,
        }
    }

    /// This form, with the secret of the second factor.
    pub fn enrolling(form: AccountForm) -> Self {
        Self {
            enrolling: true,
            ..Self::of(form)
        }
    }
}

/// A second factor that is being set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolView {
    /// The secret, to be typed into the app.
    pub secret: String,
    /// The address with the secret, which apps open.
    pub address: String,
    /// The same for a camera: a square of so many modules.
    pub size: u32,
    /// The path of its dark modules.
    pub path: String,
}

/// A browser in which the viewer is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Which.
    pub id: String,
    /// "Firefox, Linux".
    pub browser: String,
    /// Where it was last used.
    pub address: String,
    /// When it was last used.
    pub last_seen: TimeView,
    /// Since when.
    pub created: TimeView,
    /// Whether it is this one.
    pub current: bool,
}

/// The viewer's own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// Their address.
    pub email: String,
    /// Whether they sign in with a password.
    pub has_password: bool,
    /// What people call the OpenID provider.
    pub provider: String,
    /// Whether they have a second factor, and how many recovery codes are left.
    pub factor: Option<u32>,
    /// The second factor that they are setting up.
    pub enrol: Option<EnrolView>,
    /// Recovery codes, this once.
    pub codes: Vec<String>,
    /// Where they are signed in.
    pub sessions: Vec<SessionView>,
    /// The form that something is wrong with.
    pub form: Option<AccountForm>,
    /// What is wrong.
    pub problem: Option<AccountProblem>,
}

/// What stands on the sign-in page: empty, or what was typed and what is wrong with it. For everybody.
pub fn sign_in_form() -> SignInView {
    crate::console::server::account::sign_in()
}

/// What stands on the page of the first administrator. For whoever has the link.
pub async fn setup_form(token: String) -> Result<SetupView, ConsoleError> {
    crate::console::server::account::setup(token)
        .await
        .map_err(crate::console::server::console_error)
}

/// The viewer's own account.
pub async fn account() -> Result<AccountView, ConsoleError> {
    let who = crate::console::server::signed_in().ok_or(ConsoleError::SignedOut)?;
    crate::console::server::account::view(who)
        .await
        .map_err(crate::console::server::console_error)
}
