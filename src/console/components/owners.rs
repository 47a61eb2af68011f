//! The choice of a webhook's owners.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{CROSS, Icon},
        error_view::{ErrorView, error_of},
        intents::WebhookIntent,
        islands::{FieldError, takes_focus},
        viewer::lang,
    },
    messages::{Lang, administration as say},
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

/// One checkbox for each user who can be an owner. With more than a few users, the chosen ones are chips above the list, and a field filters it: at
/// once with scripts (`client::filter_list`, `client::owner_chips`), by a button that shows the form again without them.
#[component]
pub(in crate::console) fn Owners(
    /// The users who can be owners.
    possible: Vec<OwnerView>,
    /// The ids of the present owners.
    chosen: Vec<String>,
    /// What the list is filtered by.
    filter: String,
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
        choices(possible, &chosen, &filter, lang)
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

fn choices(possible: Vec<OwnerView>, chosen: &[String], filter: &str, lang: Lang) -> AnyView {
    let (count, is_long) = (possible.len(), possible.len() > FILTERED_FROM);
    let wanted = filter.to_lowercase();
    let fits = |owner: &OwnerView| !is_long || owner.email.to_lowercase().contains(&wanted);
    let is_found = possible.iter().any(fits);
    // The present owners come first: in a long list, one sees who they are without scrolling.
    let (first, others): (Vec<_>, Vec<_>) = possible.into_iter().partition(|owner| chosen.contains(&owner.id));
    let counted = say::owners_chosen(lang, first.len() as u64, count as u64);
    let chips = first.iter().map(|owner| {
        view! {
            <li>
                <span>{owner.email.clone()}</span>
            </li>
        }
    });
    let chips = chips.collect_view();
    let rows = first.into_iter().chain(others).enumerate().map(|(at, owner)| {
        let (id, hidden) = (format!("owner-{}", owner.id), !fits(&owner));
        view! {
            // An entry that the filter hides keeps its tick.
            <li hidden=hidden>
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
    let rows = rows.collect_view();
    let filter = filter.to_owned();
    view! {
        {is_long
            .then(|| {
                view! {
                    <p class="hint" role="status" data-count="">
                        {counted}
                    </p>
                    <ul class="chips" data-chips="" aria-label=say::owners_list(lang)>
                        {chips}
                    </ul>
                    <div class="pair">
                        <input
                            type="search"
                            id="owners-filter"
                            name="owners_filter"
                            value=filter.clone()
                            data-aside=""
                            data-filters="owners-list"
                            aria-label=say::owners_filter(lang)
                            placeholder=say::owners_filter(lang)
                            autocomplete="off"
                            spellcheck="false"
                            autofocus=takes_focus("owners-filter")
                        />
                        <input type="hidden" name="owners_filtered" value=filter.clone() />
                        <button class="button no-script" type="submit" name="intent" value=WebhookIntent::FilterOwners.to_string() formnovalidate>
                            {say::owners_filter_now(lang)}
                        </button>
                    </div>
                    <p class="hint" id="owners-list-none" hidden=is_found>
                        {say::owners_no_match(lang)}
                    </p>
                }
            })}
        // A list that scrolls must be reachable by keyboard.
        <ul class="owners" id="owners-list" tabindex="0" aria-labelledby="owners-label">
            {rows}
        </ul>
        <template data-chip="">
            <li>
                <span></span>
                <button class="drop" type="button" data-label=say::owners_remove(lang, "{}")>
                    <Icon path=CROSS />
                </button>
            </li>
        </template>
    }
    .into_any()
}
