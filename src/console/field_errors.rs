//! Invalid fields of a use case, as a form shows them.

use crate::{console::error_view::ErrorView, messages::Lang, services::error::FieldError};

/// The errors in the viewer's language.
pub fn error_views(errors: &[FieldError], lang: Lang) -> Vec<ErrorView> {
    errors.iter().map(|error| error_view(error, lang)).collect()
}

/// The error at the field of the form that its pointer names: `/headers/0/name` is the field `headers-0-name`. Errors of one event or owner are
/// shown at the whole list.
fn error_view(error: &FieldError, lang: Lang) -> ErrorView {
    let field = error.pointer.trim_start_matches('/').replace('/', "-");
    let whole = ["events", "owners"].into_iter().find(|whole| field.starts_with(whole));
    ErrorView {
        field: whole.map_or(field, str::to_owned),
        detail: error.text(lang),
    }
}
