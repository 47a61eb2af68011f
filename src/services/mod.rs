//! Use cases, shared by the HTTP API, the console and the command line. Each checks the caller's permissions.

pub mod api_keys;
pub mod audit;
pub mod compatibility;
pub mod configuration;
pub mod erase;
pub mod error;
pub mod event_types;
pub mod events;
pub mod users;
pub mod webhooks;
