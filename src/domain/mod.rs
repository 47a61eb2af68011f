//! The domain types (events, webhooks, deliveries, callbacks) and their rules. This module does no I/O and has no access to the database.

pub mod audit;
pub mod callback;
pub mod delivery;
pub mod event_type;
pub mod headers;
pub mod id;
pub mod list;
pub mod named;
pub mod role;
pub mod url_text;
pub mod webhook;

#[cfg(feature = "ssr")]
pub mod address;
#[cfg(feature = "ssr")]
pub mod answer;
#[cfg(feature = "ssr")]
pub mod connection;
#[cfg(feature = "ssr")]
pub mod disabled;
#[cfg(feature = "ssr")]
pub mod json_object;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod response;
#[cfg(feature = "ssr")]
pub mod retry;
#[cfg(feature = "ssr")]
pub mod secret;
#[cfg(feature = "ssr")]
pub mod timestamp;
#[cfg(feature = "ssr")]
pub mod trace_context;
#[cfg(feature = "ssr")]
pub mod url;
