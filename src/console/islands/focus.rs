//! Which field takes the focus when a form comes back: the first one that is wrong. The server says so in the page, so that it works
//! without scripts.

use leptos::prelude::*;

use crate::console::islands::ErrorView;

#[derive(Clone)]
struct FirstWrong(String);

/// Called where a form begins: errors stand in the order of its fields.
pub fn focus_first(errors: &[ErrorView]) {
    if let Some(first) = errors.first() {
        provide_context(FirstWrong(first.field.clone()));
    }
}

/// Whether this field takes the focus.
pub fn takes_focus(field: &str) -> bool {
    use_context::<FirstWrong>().is_some_and(|first| first.0 == field)
}
