//! Who looks: the language and the theme in which a page is rendered. The server knows both from the request, the browser from
//! the document that the server made; they change only with the next document.

use leptos::prelude::use_context;

use crate::{domain::named::named, messages::Lang};

named! {
    /// Light or dark.
    Theme("theme") {
        /// As the system has it.
        System = "system",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
    }
}

/// How a page is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The language.
    pub lang: Lang,
    /// The theme.
    pub theme: Theme,
}

impl Default for Viewer {
    fn default() -> Self {
        Self {
            lang: Lang::default(),
            theme: Theme::System,
        }
    }
}

/// The viewer of this page.
pub fn viewer() -> Viewer {
    use_context().unwrap_or_default()
}

/// The language of this page.
pub fn lang() -> Lang {
    viewer().lang
}
