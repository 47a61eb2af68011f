//! The web console: rendered on the server, then its islands are hydrated (see [`islands`]). Every link and form does its job as plain
//! HTML; changes are forms posted to the page's own path (see `web::webhook_forms`).

#![expect(unreachable_pub, reason = "the macros of leptos give components types of their own that are pub")]

pub mod islands;
pub mod viewer;

#[cfg(feature = "hydrate")]
pub mod client;

#[cfg(feature = "ssr")]
mod address;
#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod calls;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
mod error;
#[cfg(feature = "ssr")]
mod layout;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod raw_text;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod shell;

#[cfg(feature = "ssr")]
pub use self::error::ConsoleError;
