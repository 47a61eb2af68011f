//! What people read.

/// A language of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
}

/// Messages of sign_in.
pub mod sign_in {
    use super::Lang;
    /// Message.
    pub const fn sign_in(_: Lang) -> &'static str {
        "Sign in"
    }
    /// Message.
    pub const fn email(_: Lang) -> &'static str {
        "Email"
    }
    /// Message.
    pub const fn password(_: Lang) -> &'static str {
        "Password"
    }
    /// Message.
    pub const fn wrong(_: Lang) -> &'static str {
        "E-mail or password is wrong."
    }
    /// Message.
    pub fn wait_seconds(_: Lang, count: u64) -> String {
        format!("Too many attempts. Try again in {count} seconds.")
    }
    /// Message.
    pub fn wait_minutes(_: Lang, count: u64) -> String {
        format!("Too many attempts. Try again in {count} minutes.")
    }
    /// Message.
    pub const fn expired(_: Lang) -> &'static str {
        "It took too long to enter the code. Sign in again."
    }
    /// Message.
    pub fn by_provider(_: Lang, name: &str) -> String {
        format!("Sign in with {name}")
    }
    /// Message.
    pub const fn or(_: Lang) -> &'static str {
        "or"
    }
    /// Message.
    pub const fn step(_: Lang) -> &'static str {
        "Second step"
    }
    /// Message.
    pub const fn step_hint(_: Lang) -> &'static str {
        "Enter the 6-digit code of your app. Without the device, enter one of your recovery codes instead."
    }
    /// Message.
    pub const fn code(_: Lang) -> &'static str {
        "Code"
    }
    /// Message.
    pub const fn wrong_code(_: Lang) -> &'static str {
        "This code is not valid. Codes can be used once; wait for the next one of your app."
    }
    /// Message.
    pub const fn go_on(_: Lang) -> &'static str {
        "Continue"
    }
    /// Message.
    pub const fn other_account(_: Lang) -> &'static str {
        "Sign in as somebody else"
    }
    /// Message.
    pub const fn provider_unreachable(_: Lang) -> &'static str {
        "The sign-in service cannot be reached just now. Try again in a moment."
    }
    /// Message.
    pub const fn provider_refused(_: Lang) -> &'static str {
        "The sign-in service did not let you in. Try again, or ask whoever runs it."
    }
    /// Message.
    pub const fn provider_invalid(_: Lang) -> &'static str {
        "The answer of the sign-in service could not be verified. Try again; if this goes on, tell an administrator."
    }
    /// Message.
    pub const fn provider_expired(_: Lang) -> &'static str {
        "This sign-in took too long, or was begun in another browser. Begin again here."
    }
    /// Message.
    pub const fn no_email(_: Lang) -> &'static str {
        "The sign-in service gave no verified e-mail address. Verify your address there, then sign in again."
    }
    /// Message.
    pub const fn no_role(_: Lang) -> &'static str {
        "Your account at the sign-in service has no role in clearhook. Ask an administrator for one."
    }
    /// Message.
    pub const fn taken(_: Lang) -> &'static str {
        "Another account of the sign-in service uses your e-mail address here. Ask an administrator."
    }
    /// Message.
    pub const fn disabled(_: Lang) -> &'static str {
        "Your account is disabled. Ask an administrator."
    }
    /// Message.
    pub const fn setup(_: Lang) -> &'static str {
        "Welcome to clearhook"
    }
    /// Message.
    pub const fn setup_hint(_: Lang) -> &'static str {
        "Nobody can sign in yet. Make the account of the first administrator."
    }
    /// Message.
    pub const fn setup_email(_: Lang) -> &'static str {
        "Your e-mail address, by which you sign in"
    }
    /// Message.
    pub const fn setup_password_hint(_: Lang) -> &'static str {
        "At least 12 characters, and none of the passwords that everybody tries first."
    }
    /// Message.
    pub const fn setup_create(_: Lang) -> &'static str {
        "Create account"
    }
    /// Message.
    pub const fn setup_stale(_: Lang) -> &'static str {
        "This link is too old"
    }
    /// Message.
    pub const fn setup_stale_hint(_: Lang) -> &'static str {
        "Links are good for an hour. Start clearhook again for a new one, or run on the server: clearhook user create --email you@example.com --role administrator"
    }
    /// Message.
    pub const fn setup_used(_: Lang) -> &'static str {
        "This link has been used"
    }
    /// Message.
    pub const fn setup_used_hint(_: Lang) -> &'static str {
        "There is an account already. Sign in with it; a lost password is replaced on the server with: clearhook user reset-password"
    }
    /// Message.
    pub const fn setup_unknown(_: Lang) -> &'static str {
        "This link is not valid"
    }
    /// Message.
    pub const fn setup_unknown_hint(_: Lang) -> &'static str {
        "Open the whole link that clearhook printed when it was started last, or start it again for a new one."
    }
    /// Message.
    pub const fn setup_bad_email(_: Lang) -> &'static str {
        "Enter an e-mail address such as you@example.com."
    }
    /// Message.
    pub const fn password_too_short(_: Lang) -> &'static str {
        "Use at least 12 characters in a password."
    }
    /// Message.
    pub const fn password_too_long(_: Lang) -> &'static str {
        "Use at most 1,024 bytes in a password."
    }
    /// Message.
    pub const fn password_too_common(_: Lang) -> &'static str {
        "This password is among those that are guessed first. Use a longer one, of words that do not belong together."
    }
}

/// Messages of account.
pub mod account {
    use super::Lang;
    /// Message.
    pub const fn title(_: Lang) -> &'static str {
        "Account"
    }
    /// Message.
    pub const fn current(_: Lang) -> &'static str {
        "Current password"
    }
    /// Message.
    pub const fn wrong_password(_: Lang) -> &'static str {
        "This is not your password."
    }
    /// Message.
    pub const fn wrong_code(_: Lang) -> &'static str {
        "This code is not valid. Enter the newest code of your app."
    }
    /// Message.
    pub const fn password(_: Lang) -> &'static str {
        "Password"
    }
    /// Message.
    pub const fn password_about(_: Lang) -> &'static str {
        "Changing it signs you out everywhere else."
    }
    /// Message.
    pub fn password_none(_: Lang, name: &str) -> String {
        format!("You sign in with {name} and have no password here.")
    }
    /// Message.
    pub const fn new(_: Lang) -> &'static str {
        "New password"
    }
    /// Message.
    pub const fn new_hint(_: Lang) -> &'static str {
        "At least 12 characters, and none of the passwords that everybody tries first."
    }
    /// Message.
    pub const fn change_password(_: Lang) -> &'static str {
        "Change password"
    }
    /// Message.
    pub const fn password_done(_: Lang) -> &'static str {
        "Your password was changed. You are signed out everywhere else."
    }
    /// Message.
    pub const fn factor(_: Lang) -> &'static str {
        "Second factor"
    }
    /// Message.
    pub const fn factor_about(_: Lang) -> &'static str {
        "After the password, signing in asks for a code of an app on your device."
    }
    /// Message.
    pub const fn factor_off(_: Lang) -> &'static str {
        "Off. Your password alone lets you in."
    }
    /// Message.
    pub fn factor_on(_: Lang, count: u64) -> String {
        format!("On. You have {count} recovery codes left.")
    }
    /// Message.
    pub const fn begin_factor(_: Lang) -> &'static str {
        "Set up a second factor"
    }
    /// Message.
    pub const fn enrol(_: Lang) -> &'static str {
        "Read this with your app, or type the secret into it. Then enter the code that it shows."
    }
    /// Message.
    pub const fn qr(_: Lang) -> &'static str {
        "QR code with the secret"
    }
    /// Message.
    pub const fn secret(_: Lang) -> &'static str {
        "Secret"
    }
    /// Message.
    pub const fn open_app(_: Lang) -> &'static str {
        "Open in an app on this device"
    }
    /// Message.
    pub const fn code(_: Lang) -> &'static str {
        "Code"
    }
    /// Message.
    pub const fn confirm_factor(_: Lang) -> &'static str {
        "Turn on"
    }
    /// Message.
    pub const fn remove_factor(_: Lang) -> &'static str {
        "Turn off"
    }
    /// Message.
    pub const fn renew_codes(_: Lang) -> &'static str {
        "New recovery codes"
    }
    /// Message.
    pub const fn remove_done(_: Lang) -> &'static str {
        "The second factor is off. You are signed out everywhere else."
    }
    /// Message.
    pub const fn codes(_: Lang) -> &'static str {
        "Recovery codes"
    }
    /// Message.
    pub const fn codes_hint(_: Lang) -> &'static str {
        "Keep these where you keep passwords. Each lets you in once without your device, and they are not shown again."
    }
    /// Message.
    pub const fn codes_on(_: Lang) -> &'static str {
        "The second factor is on. You are signed out everywhere else."
    }
    /// Message.
    pub const fn sessions(_: Lang) -> &'static str {
        "Where you are signed in"
    }
    /// Message.
    pub const fn sessions_about(_: Lang) -> &'static str {
        "A session ends after 12 hours without use, and after 7 days in any case."
    }
    /// Message.
    pub const fn browser(_: Lang) -> &'static str {
        "Browser"
    }
    /// Message.
    pub const fn address(_: Lang) -> &'static str {
        "Address"
    }
    /// Message.
    pub const fn last_seen(_: Lang) -> &'static str {
        "Last seen"
    }
    /// Message.
    pub const fn since(_: Lang) -> &'static str {
        "Since"
    }
    /// Message.
    pub const fn this_one(_: Lang) -> &'static str {
        "this browser"
    }
    /// Message.
    pub const fn end_session(_: Lang) -> &'static str {
        "Sign out"
    }
    /// Message.
    pub fn end_session_of(_: Lang, address: &str, browser: &str) -> String {
        format!("Sign out {browser}, {address}")
    }
    /// Message.
    pub const fn end_done(_: Lang) -> &'static str {
        "That browser is signed out."
    }
    /// Message.
    pub const fn sign_out_everywhere(_: Lang) -> &'static str {
        "Sign out everywhere"
    }
}
