//! Which field takes the focus when a form comes back: the first one that is wrong, or where a button changed something. The server says so in the page, so that it works
//! without scripts.

use leptos::prelude::*;

use crate::console::islands::ErrorView;

#[derive(Clone)]
struct TakesFocus(String);

/// Called where a form begins: errors stand in the order of its fields. With none of them, the field that was `edited`.
pub fn focus_first(errors: &[ErrorView], edited: Option<&str>) {
    if let Some(first) = errors.first().map(|error| error.field.as_str()).or(edited) {
        provide_context(TakesFocus(first.to_owned()));
    }
}

/// Whether this field takes the focus.
pub fn takes_focus(field: &str) -> bool {
    use_context::<TakesFocus>().is_some_and(|first| first.0 == field)
}
