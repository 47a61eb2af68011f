//! What the pages under Administration read.

mod audit;
mod keys;
mod users;

pub use self::{
    audit::{AuditQuery, AuditRowView, AuditView, DifferenceView, OpenEntryView, audit_log},
    keys::{KeyFormView, KeyRowView, KeyState, KeysView, api_keys, new_api_key},
    users::{OwnedView, PostedUser, UserFormView, UserRowView, UserView, UsersView, new_user, user, users},
};

/// Something secret that a page shows this once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretView {
    /// Whose, or what it is called.
    pub name: String,
    /// In clear.
    pub secret: String,
}
