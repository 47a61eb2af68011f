//! What every request passes through on its way to a handler, and every response on its way back.

pub(super) mod authorization;
pub(super) mod compress;
pub(super) mod csrf;
pub(super) mod error_pages;
pub(super) mod request_context;
mod request_smuggling;
mod security_headers;
