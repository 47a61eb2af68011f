//! Commands that manage a running server through its HTTP API.

pub(super) mod callback;
pub(super) mod delivery;
pub(super) mod event;
pub(super) mod event_type;
mod find;
mod follow;
mod resend;
pub(super) mod webhook;
mod webhook_fields;
