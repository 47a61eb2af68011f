//! A request that came to nothing.

use leptos::prelude::use_context;

use crate::console::calls::KeptView;

/// A request that came to nothing, as a page tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalView {
    /// The status code of the answer.
    pub status: u16,
    /// The request's id.
    pub request: String,
    /// Why, when a rule says so.
    pub said: Option<String>,
    /// Where to try again, when that changes nothing.
    pub again: Option<String>,
    /// What was typed.
    pub kept: Option<KeptView>,
}

/// What is to be told, when the page is the answer to such a request.
pub fn refusal() -> Option<RefusalView> {
    use_context::<RefusalView>()
}
