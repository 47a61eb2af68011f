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

/// From more users than this on, the list has a field that filters it.
const FILTERED_FROM: usize = 8;

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
        // The present owners come first: in a long list, one sees who they are without scrolling.
        let (count, is_long) = (possible.len(), possible.len() > FILTERED_FROM);
        let (first, others): (Vec<_>, Vec<_>) = possible.into_iter().partition(|owner| chosen.contains(&owner.id));
        let counted = say::owners_chosen(lang, first.len() as u64, count as u64);
        let rows = first.into_iter().chain(others).enumerate().map(|(at, owner)| {
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
            {is_long
                .then(|| {
                    view! {
                        <input
                            type="search"
                            class="only-live"
                            data-filters="owners-list"
                            aria-label=say::owners_filter(lang)
                            placeholder=say::owners_filter(lang)
                            autocomplete="off"
                            spellcheck="false"
                        />
                        <p class="hint">{counted}</p>
                    }
                })}
            <ul class="owners" id="owners-list" tabindex="0" aria-labelledby="owners-label">
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
