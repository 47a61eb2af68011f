//! What every request passes through on its way to a handler, and every response on its way back.

mod api_calls;
mod api_rate;
pub(super) mod authorization;
pub(super) mod compress;
mod conditional;
pub(super) mod csrf;
pub(super) mod error_pages;
mod idempotency;
pub(super) mod notices;
pub(super) mod request_context;
mod request_smuggling;
mod security_headers;
