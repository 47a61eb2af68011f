//! The pages `/event-types/new` and `/event-types/{type}/edit`.

use leptos::prelude::*;

use super::{
    form_view::{EditPage, NewPage},
    load_form::{load, load_new},
};
use crate::console::server::{caller, console_error};

/// The form of a new type.
#[component]
pub fn NewEventType() -> impl IntoView {
    Suspend::new(async move {
        let loaded = async {
            let (app, by) = caller()?;
            load_new(&app, &by, None).await.map_err(console_error)
        };
        let form = loaded.await;
        view! { <NewPage form /> }
    })
}

/// The form of a type.
#[component]
pub fn EditEventType(
    /// The event type in the path.
    key: String,
) -> impl IntoView {
    Suspend::new(async move {
        let loaded = async {
            let (app, by) = caller()?;
            load(&app, &by, &key, None).await.map_err(console_error)
        };
        let form = loaded.await;
        view! { <EditPage form /> }
    })
}
