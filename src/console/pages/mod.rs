//! One screen a file.

pub(super) mod account;
pub(super) mod administration;
pub(super) mod callback;
pub(super) mod details;
pub(super) mod event_type;
pub(super) mod event_types;
pub(super) mod log_filters;
pub(super) mod logs;
pub(super) mod new_webhook;
pub(super) mod no_webhooks;
pub(super) mod not_found;
pub(super) mod overview;
pub(super) mod refused;
pub(super) mod second_factor;
pub(super) mod setup;
pub(super) mod sign_in;
pub(super) mod webhook_actions;
pub(super) mod webhook_events;
pub(super) mod webhook_form;
pub(super) mod webhook_row;
pub(super) mod webhooks;
