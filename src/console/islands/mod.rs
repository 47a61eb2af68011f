//! Islands: the parts of pages that run in the browser. The server renders each like any other component, so that the page is complete
//! without scripts. The properties of an island are in the page. Islands of a single page are in its folder (`console::pages`).

mod check;
pub mod check_webhook_field;
mod copy;
mod field;
mod focus;
mod headers;
mod unsaved;

#[cfg(feature = "hydrate")]
pub use self::copy::copy_text;
pub use self::{
    check::Rule,
    copy::{CopyField, CopyText},
    field::{CheckedInput, FieldError, described_by},
    focus::{focus_first, takes_focus},
    headers::{HeaderRows, HeaderView},
    unsaved::Unsaved,
};
