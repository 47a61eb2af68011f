//! The pages: one file or folder each, with the form types, the loaders, the server functions, the handlers and the components of a page.
//!
//! Pages are rendered only on the server. The browser compiles the server functions that islands call, and the islands of a single page.

pub mod deliveries;
pub mod event_types;
pub mod log;
pub mod overview;
pub mod webhook;
pub mod webhooks;

#[cfg(feature = "ssr")]
pub mod account;
#[cfg(feature = "ssr")]
pub mod api_docs;
#[cfg(feature = "ssr")]
pub mod api_keys;
#[cfg(feature = "ssr")]
pub mod audit_log;
#[cfg(feature = "ssr")]
pub mod error_page;
#[cfg(feature = "ssr")]
pub mod guide;
#[cfg(feature = "ssr")]
pub mod not_found;
#[cfg(feature = "ssr")]
mod preferences;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
pub mod setup;
#[cfg(feature = "ssr")]
pub mod sign_in;
#[cfg(feature = "ssr")]
mod unfit_password;
#[cfg(feature = "ssr")]
pub mod users;

#[cfg(feature = "ssr")]
pub use self::routes::routes;
