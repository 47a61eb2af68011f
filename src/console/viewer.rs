//! Who looks.

use crate::messages::Lang;

/// The language of this page.
pub const fn lang() -> Lang {
    Lang::En
}
