//! The field that takes the focus when a form is shown again: the first invalid field, or the one that a button changed. The server sets
//! `autofocus`, so that it works without scripts.

use leptos::prelude::*;

use crate::console::error_view::ErrorView;

#[derive(Clone)]
struct TakesFocus(String);

/// Must be called before the fields of a form are rendered. The errors are in the order of the fields. Without errors, the `edited` field
/// takes the focus.
pub fn focus_first(errors: &[ErrorView], edited: Option<&str>) {
    if let Some(first) = errors.first().map(|error| error.field.as_str()).or(edited) {
        provide_context(TakesFocus(first.to_owned()));
    }
}

/// Whether this field takes the focus.
pub fn takes_focus(field: &str) -> bool {
    use_context::<TakesFocus>().is_some_and(|first| first.0 == field)
}
