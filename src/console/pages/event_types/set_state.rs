//! Deprecates, archives or restores an event type.

use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use std::sync::Arc;

use super::addresses::segment;
use crate::{
    auth::rules::Action,
    console::{
        ConsoleError,
        components::popup::Popup,
        href::event_type_path,
        page_action::PageAction,
        server::{action_error, caller},
        viewer::lang,
    },
    domain::event_type::{EventType, EventTypeState},
    messages::event_types as say,
    routes::{Rule, Ruled},
    services::event_types::{self, EventTypeInput},
};

/// The form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StateForm {
    /// The type, from the path of the page.
    #[serde(rename = "type")]
    event_type: String,
    /// The new state.
    state: String,
    /// The type to use instead, or nothing.
    replaced_by: String,
}

/// Sets the state of an event type.
#[server(prefix = "/fn", endpoint = "set_event_type_state")]
pub async fn set_event_type_state(form: StateForm) -> Result<(), ConsoleError> {
    let (app, by) = caller()?;
    let replaced_by = Some(form.replaced_by.trim().to_owned()).filter(|other| !other.is_empty());
    let edit = |present: EventTypeInput| {
        // An archived type keeps the type that replaces it; one that is active again has none.
        let replaced_by = match form.state.as_str() {
            "active" => None,
            "archived" => replaced_by.clone().or(present.replaced_by),
            _ => replaced_by.clone(),
        };
        Ok(EventTypeInput {
            state: Some(form.state.clone()),
            replaced_by,
            ..present
        })
    };
    let changed = event_types::patch(&app, &by, &form.event_type, edit).await;
    changed.map(drop).map_err(action_error)
}

impl Ruled for SetEventTypeState {
    const RULE: Rule = Rule::Session(Action::WriteEventTypes);
}

impl PageAction for SetEventTypeState {
    type Form = StateForm;

    async fn answer(form: StateForm, result: Result<(), ConsoleError>) -> Result<Response, ConsoleError> {
        result?;
        let path = format!("/event-types/{}?saved={}", segment(&form.event_type), form.state);
        Ok(Redirect::to(&path).into_response())
    }
}

/// The buttons. Each explains in a menu what it does before it is done.
#[component]
pub(super) fn SetStateForm(
    /// The type.
    event_type: EventType,
    /// Its current state.
    state: EventTypeState,
    /// Types that can replace it.
    others: Arc<Vec<EventType>>,
) -> impl IntoView {
    let lang = lang();
    let action = event_type_path(&event_type);
    if state == EventTypeState::Archived {
        return view! {
            <form method="post" action=action>
                <button class="button" type="submit" name="state" value=EventTypeState::Active.as_str()>
                    {say::restore(lang)}
                </button>
            </form>
        }
        .into_any();
    }
    let deprecate = (state == EventTypeState::Active).then(|| {
        let action = action.clone();
        let options = others
            .iter()
            .map(|other| view! { <option value=other.to_string()></option> })
            .collect_view();
        view! {
            <Popup id="deprecate".to_owned() text=say::deprecate(lang) asks=true>
                <form method="post" action=action>
                    <p>{say::deprecate_why(lang)}</p>
                    <div class="field">
                        <label for="replaced_by">{say::replaced_by(lang)}</label>
                        <input id="replaced_by" name="replaced_by" class="mono" list="others" autocomplete="off" spellcheck="false" />
                        <datalist id="others">{options}</datalist>
                    </div>
                    <button class="button" type="submit" name="state" value=EventTypeState::Deprecated.as_str()>
                        {say::deprecate_now(lang)}
                    </button>
                </form>
            </Popup>
        }
    });
    let undo = (state == EventTypeState::Deprecated).then(|| {
        view! {
            <form method="post" action=action.clone()>
                <button class="button" type="submit" name="state" value=EventTypeState::Active.as_str()>
                    {say::undeprecate(lang)}
                </button>
            </form>
        }
    });
    view! {
        {deprecate}
        {undo}
        <Popup id="archive".to_owned() text=say::archive(lang) asks=true>
            <form method="post" action=action>
                <p>{say::archive_why(lang)}</p>
                <button class="button danger" type="submit" name="state" value=EventTypeState::Archived.as_str()>
                    {say::archive_now(lang)}
                </button>
            </form>
        </Popup>
    }
    .into_any()
}
