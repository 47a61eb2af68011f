//! The state and the origin of an event type, in words.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{CROSS, Icon, PAUSE, TICK},
        viewer::lang,
    },
    domain::event_type::{EventTypeState, Origin},
    messages::{Lang, event_types as say},
};

/// The badge of a state. An active type, which is the usual case, has none.
#[component]
pub(super) fn StateBadge(
    /// The state.
    state: EventTypeState,
) -> impl IntoView {
    let lang = lang();
    let (class, path) = match state {
        EventTypeState::Active => return ().into_any(),
        EventTypeState::Deprecated => ("state warn", PAUSE),
        EventTypeState::Archived => ("state off", CROSS),
    };
    view! {
        <span class=class>
            <Icon path />
            {state_name(state, lang)}
        </span>
    }
    .into_any()
}

/// The badge of the state of the type whose page this is.
#[component]
pub(super) fn PageState(
    /// The state.
    state: EventTypeState,
) -> impl IntoView {
    if state == EventTypeState::Active {
        view! {
            <span class="state good">
                <Icon path=TICK />
                {state_name(state, lang())}
            </span>
        }
        .into_any()
    } else {
        view! { <StateBadge state /> }.into_any()
    }
}

/// The name of a state.
pub(super) fn state_name(state: EventTypeState, lang: Lang) -> &'static str {
    match state {
        EventTypeState::Active => say::state_active(lang),
        EventTypeState::Deprecated => say::state_deprecated(lang),
        EventTypeState::Archived => say::state_archived(lang),
    }
}

/// The name of an origin.
pub(super) fn origin_name(origin: Origin, lang: Lang) -> &'static str {
    match origin {
        Origin::Clearid => say::origin_clearid(lang),
        Origin::Custom => say::origin_custom(lang),
        Origin::Discovered => say::origin_discovered(lang),
    }
}
