//! The web console: rendered on the server, then its islands are hydrated (see [`islands`]). Every link and form does its job as plain
//! HTML; changes are forms posted to the page's own path (see `page_action`).

#![expect(unreachable_pub, reason = "the macros of leptos give components types of their own that are pub")]

mod error;
pub mod error_view;
pub mod intents;
pub mod islands;
pub mod pages;
pub mod viewer;

#[cfg(feature = "hydrate")]
pub mod client;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
pub mod document;
#[cfg(feature = "ssr")]
mod field_errors;
#[cfg(feature = "ssr")]
pub mod href;
#[cfg(feature = "ssr")]
mod layout;
#[cfg(feature = "ssr")]
pub mod page_action;
#[cfg(feature = "ssr")]
pub mod page_response;
#[cfg(feature = "ssr")]
mod raw_text;
#[cfg(feature = "ssr")]
pub mod replay;
#[cfg(feature = "ssr")]
mod seconds;
#[cfg(feature = "ssr")]
pub mod server;

pub use self::error::ConsoleError;
