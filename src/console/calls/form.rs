//! The form of a webhook.

use crate::console::{ConsoleError, calls::FormView};

/// A form that was posted and could not be carried out, or asks for a row more or less: shown again as it was typed.
#[derive(Clone, Debug)]
pub struct PostedForm(pub FormView);

/// The form of a new webhook; `from` is the webhook that it shall be like.
pub async fn new_form(from: Option<String>) -> Result<FormView, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::form::new(&app, &by, from)
        .await
        .map_err(crate::console::server::console_error)
}

/// The form of a webhook that there is.
pub async fn details_form(id: &str) -> Result<FormView, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::form::details(&app, &by, id)
        .await
        .map_err(crate::console::server::console_error)
}
