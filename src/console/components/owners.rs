//! The choice of a webhook's owners.

use leptos::prelude::*;

use crate::{
    console::{
        calls::{ErrorView, OwnerView},
        islands::{FieldError, error_of, takes_focus},
        viewer::lang,
    },
    messages::administration as say,
};

/// One checkbox for each user who can be an owner.
#[component]
pub(in crate::console) fn Owners(
    /// The users who can be.
    possible: Vec<OwnerView>,
    /// Ids of those who are.
    chosen: Vec<String>,
    /// Errors of the form.
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
        // Whoever is reached by keyboard can scroll the list.
        view! {
            <ul class="owners" tabindex="0">
                {rows.collect_view()}
            </ul>
        }
        .into_any()
    };
    view! {
        <div class="field" role="group" aria-labelledby="owners-label" aria-describedby=described id="owners" tabindex="-1">
            // A form without a tick says: nobody. One without this field says nothing of owners.
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
