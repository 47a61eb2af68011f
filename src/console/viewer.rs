//! The language and the theme of a page. The server takes both from the request, the browser from the document. They change only with the next
//! document.

use leptos::prelude::use_context;

use crate::{domain::named::named, messages::Lang};

named! {
    /// Light or dark.
    Theme("theme") {
        /// The theme of the operating system.
        System = "system",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
    }
}

/// The language and the theme of a page.
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
