//! One screen a file.

pub(super) mod administration;
pub(super) mod callback;
pub(super) mod details;
pub(super) mod logs;
pub(super) mod new_webhook;
pub(super) mod no_webhooks;
pub(super) mod not_found;
pub(super) mod sign_in;
pub(super) mod webhook_actions;
pub(super) mod webhook_form;
pub(super) mod webhook_row;
pub(super) mod webhooks;
