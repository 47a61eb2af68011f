//! What the address of the page that is rendered asks for.

use leptos::prelude::ReadUntracked;
use leptos_router::hooks::{use_params_map, use_query_map};

/// A part of the query; nothing when it is empty.
pub(super) fn query(name: &str) -> Option<String> {
    use_query_map().read_untracked().get(name).filter(|value| !value.is_empty())
}

/// A part of the path.
pub(super) fn segment(name: &str) -> String {
    use_params_map().read_untracked().get(name).unwrap_or_default()
}
