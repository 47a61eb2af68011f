//! The web console: rendered on the server, then hydrated. Every link and form does its job as plain HTML;
//! changes are forms posted to the page's own path (see `web::forms`), server functions only read.

#![expect(
    unreachable_pub,
    reason = "the macros of leptos give components and server functions types of their own that are pub"
)]

pub mod app;
pub mod calls;
mod components;
mod error;
mod layout;
mod pages;
pub mod viewer;

#[cfg(feature = "hydrate")]
pub mod browser;
#[cfg(feature = "ssr")]
mod raw_text;
#[cfg(not(feature = "ssr"))]
#[path = "raw_text_browser.rs"]
mod raw_text;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod shell;

pub use self::error::ConsoleError;
