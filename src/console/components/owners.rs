//! The choice of a webhook's owners.

use leptos::prelude::*;

use crate::{
    console::{
        error_view::{ErrorView, error_of},
        islands::{FieldError, takes_focus},
        viewer::lang,
    },
    messages::administration as say,
};

/// A user who can be an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerView {
    /// The id of the user.
    pub id: String,
    /// The email address of the user.
    pub email: String,
}

/// One checkbox for each user who can be an owner.
#[component]
pub(in crate::console) fn Owners(
    /// The users who can be owners.
    possible: Vec<OwnerView>,
    /// The ids of the present owners.
    chosen: Vec<String>,
    /// The errors of the form.
    errors: Vec<ErrorView>,
) -> impl IntoView {
    let lang = lang();
    let error = error_of(&errors, "owners");
    let described = if error.is_some() {
        "owners-error owners-hint"
    } else {
        "owners-hint"
    };
    let choices = if possible.is_empty() {
        view! {
            <p class="hint">
                {say::owners_none(lang)} " " <a href="/users/new">{say::owners_add(lang)}</a>
            </p>
        }
        .into_any()
    } else {
        let rows = possible.into_iter().enumerate().map(|(at, owner)| {
            let id = format!("owner-{}", owner.id);
            view! {
                <li>
                    <input
                        type="checkbox"
                        id=id.clone()
                        name="owners"
                        value=owner.id.clone()
                        checked=chosen.contains(&owner.id)
                        autofocus=at == 0 && takes_focus("owners")
                    />
                    <label for=id.clone()>{owner.email}</label>
                </li>
            }
        });
        // A list that scrolls must be reachable by keyboard.
        view! {
            <ul class="owners" tabindex="0">
                {rows.collect_view()}
            </ul>
        }
        .into_any()
    };
    view! {
        <div class="field" role="group" aria-labelledby="owners-label" aria-describedby=described id="owners" tabindex="-1">
            // A form with this field and without a tick sets no owners. A form without this field keeps the stored owners.
            <input type="hidden" name="owners" value="" />
            <span class="label" id="owners-label">
                {say::owners(lang)}
            </span>
            {choices}
            <FieldError id="owners".to_owned() error />
            <p class="hint" id="owners-hint">
                {say::owners_hint(lang)}
            </p>
        </div>
    }
}
