//! The filters of a list that are set: a link for each, which removes it, and one that removes all.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{CROSS, Icon},
        viewer::lang,
    },
    messages::webhooks as say,
};

/// A filter that is set, as a link that removes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipView {
    /// The text of the link: the filter and its value.
    pub text: String,
    /// The name of the link.
    pub name: String,
    /// The address of the list without it.
    pub href: String,
}

/// The links. Nothing if no filter is set.
#[component]
pub(in crate::console) fn FilterChips(
    /// One for each filter.
    chips: Vec<ChipView>,
    /// The address of the list without any filter.
    cleared: String,
    /// Whether the list of webhooks follows the links without loading the page (`console::pages::webhooks::live_list`).
    #[prop(optional)]
    in_place: bool,
) -> impl IntoView {
    if chips.is_empty() {
        return ().into_any();
    }
    let in_place = in_place.then_some("true");
    let links = chips.into_iter().enumerate().map(|(at, chip)| {
        view! {
            <a class="chip" id=format!("chip-{at}") href=chip.href data-list-link=in_place aria-label=chip.name>
                <span>{chip.text}</span>
                <Icon path=CROSS />
            </a>
        }
    });
    view! {
        <div class="chips">
            {links.collect_view()}
            <a class="chip-clear" id="chip-clear" href=cleared data-list-link=in_place>
                {say::clear(lang())}
            </a>
        </div>
    }
    .into_any()
}
