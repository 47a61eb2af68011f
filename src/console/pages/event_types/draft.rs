//! Checks the form of an event type while somebody edits it: the schema, the examples, and what is not compatible with the current schema.

use leptos::prelude::*;

use crate::console::{ConsoleError, pages::event_types::report::DraftView};

/// Checks a schema and examples, and stores nothing. `event_type` is the type that is edited, or empty for a new one.
#[server(name = CheckEventTypeDraft, prefix = "/fn", endpoint = "check_event_type_draft")]
pub async fn check_event_type_draft(
    event_type: String,
    schema: String,
    #[server(default)] examples: Vec<String>,
) -> Result<DraftView, ConsoleError> {
    use crate::console::server::{action_error, caller};
    let (app, by) = caller()?;
    super::load_draft::load(&app, &by, &event_type, &schema, &examples)
        .await
        .map_err(action_error)
}

#[cfg(feature = "ssr")]
impl crate::routes::Ruled for CheckEventTypeDraft {
    const RULE: crate::routes::Rule = crate::routes::Rule::Session(crate::auth::rules::Action::WriteEventTypes);
}
