//! The sea-orm entities. They are private to `storage`.

pub(crate) mod api_key;
pub(crate) mod audit_entry;
pub(crate) mod callback;
pub(crate) mod event;
pub(crate) mod session;
pub(crate) mod user;
pub(crate) mod webhook;
pub(crate) mod webhook_event;
pub(crate) mod webhook_header;
pub(crate) mod webhook_owner;
pub(crate) mod webhook_secret;
