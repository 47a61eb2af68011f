//! Islands: the only parts of a page that run in the browser. The server renders each like any other component, so that the page is
//! whole without them; what they are given travels in the page.

mod check;
mod copy;
mod field;
mod focus;
mod headers;
mod log_follower;
mod query_form;
mod region;
mod unsaved;

pub use self::{
    check::Rule,
    copy::{CopyField, CopyText},
    field::{CheckedInput, ErrorView, FieldError, described_by, error_of},
    focus::{focus_first, takes_focus},
    headers::{HeaderRows, HeaderView},
    log_follower::{LogFollower, Shown},
    query_form::QueryForm,
    unsaved::Unsaved,
};
