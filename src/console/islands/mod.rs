//! Islands: the parts of pages that run in the browser. The server renders each like any other component, so that the page is complete
//! without scripts. The properties of an island are in the page. Islands of a single page are in its folder (`console::pages`).

mod check;
pub mod check_webhook_field;
mod chips;
pub mod copy;
mod dom;
mod field;
mod focus;
mod headers;
mod live_parts;
mod unsaved;

#[cfg(feature = "hydrate")]
pub use self::copy::copy_text;
pub use self::{
    check::Rule,
    chips::{Chip, all_within, copy_of, dropped, one_within, show_chips, untick},
    copy::{CopyField, CopyText},
    dom::{form_query, is_chosen_otherwise, is_typed_otherwise, listen},
    field::{CheckedInput, FieldError, described_by},
    focus::{focus_first, takes_focus},
    headers::{HeaderRows, HeaderView},
    live_parts::{Freshness, all, elements, is_in_use, is_within, replace_parts, sign_in_href},
    unsaved::Unsaved,
};
