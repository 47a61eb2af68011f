//! The menu of the viewer: account, language, theme, and signing out. A native popover, so that everything in it is reached without scripts.

use leptos::prelude::*;

use crate::{
    console::{components::preferences::Preferences, viewer::lang},
    messages::{account, common},
};

/// The id of what the button opens.
const MENU: &str = "account-menu";

/// The button with the address of the viewer, and its menu.
#[component]
pub(in crate::console) fn AccountMenu(
    /// The email address of the viewer. `None`: nobody is signed in, and the menu has language and theme only.
    email: Option<String>,
    /// Whether the present page is the one of the account.
    is_account: bool,
) -> impl IntoView {
    let lang = lang();
    let name = match &email {
        Some(email) => common::account_menu(lang, email),
        None => common::preferences(lang).to_owned(),
    };
    let shown = email.clone().unwrap_or_else(|| common::preferences(lang).to_owned());
    let face = match &email {
        Some(email) => view! { <span class="avatar" data-initials=initials(email)></span> }.into_any(),
        None => ().into_any(),
    };
    let (first, last) = email
        .map(|_| {
            let first = view! {
                <a href="/account" aria-current=is_account.then_some("page")>
                    {account::title(lang)}
                </a>
            };
            let last = view! {
                <form method="post" action="/sign-out">
                    <button type="submit">{common::sign_out(lang)}</button>
                </form>
            };
            (first, last)
        })
        .unzip();
    view! {
        <button type="button" class="account-button" popovertarget=MENU aria-label=name title=shown.clone()>
            {face}
            <span>{shown.clone()}</span>
        </button>
        <div class="popup account-menu" id=MENU popover="auto">
            {first}
            <Preferences />
            {last}
        </div>
    }
}

/// The first letters of up to two words of the part of an email address before the "@".
fn initials(email: &str) -> String {
    let name = email.split('@').next().unwrap_or_default();
    let words = name
        .split(|sign: char| !sign.is_alphanumeric())
        .filter_map(|word| word.chars().next());
    words.take(2).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_up_to_two_initials() {
        for (email, expected) in [
            ("admin@example.com", "A"),
            ("owner.hr@example.com", "OH"),
            ("a-b-c@example.com", "AB"),
            ("élodie@example.com", "É"),
            ("", ""),
            ("@", ""),
        ] {
            assert_eq!(initials(email), expected, "{email}");
        }
    }
}
