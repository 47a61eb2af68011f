//! clearhook: signs, sends, retries and logs webhooks, with a web console.
//!
//! # The map
//!
//! Both sides, no I/O: [`domain`] (what the words mean), [`catalogue`] (the event types), [`messages`] (what people
//! read, in English and French), [`console::islands`] (what lives in the browser).
//! The server only: `config`, `telemetry`, `vault` (encryption at rest), `auth` (who may do what), `storage` (the database),
//! `ingest` (events in), `webhooks` and `administration` (use cases shared by API, console and commands), `dispatch` (callbacks out), `rest` (the HTTP API),
//! `web` (everything over HTTP), `cli`.
//!
//! Direction of use: `messages ← domain ← catalogue ← storage ← {ingest, webhooks, dispatch} ← {rest, console::calls} ← web ← cli`.
//!
//! # The walk of one event
//!
//! 1. `rest::events` reads the CloudEvents of `POST /api/v1/events`; the key must have the scope `events:write`.
//! 2. `ingest` checks each against the schema of its type, makes the callback's body, recognises what was published before, and
//!    `storage::events` stores event and deliveries in one transaction. Only then comes the 202.
//! 3. `dispatch::Dispatcher` is handed the deliveries in memory; they are this node's under a lease. What does not fit is
//!    claimed later by `dispatch::claim`.
//! 4. An attempt reads where the webhook points now, signs (`domain::secret`), and calls (`dispatch::client`, whose resolver
//!    refuses private addresses).
//! 5. `dispatch::outcome` and `domain::retry` say what the answer means; `storage::queue` writes the callback to the log and
//!    moves the delivery on, both or neither.
//! 6. `console::calls` and `rest::callbacks` show the log.

// Views are types as deep as their pages.
#![recursion_limit = "256"]

pub mod catalogue;
pub mod console;
pub mod domain;
pub mod messages;

#[cfg(feature = "ssr")]
pub mod administration;
#[cfg(feature = "ssr")]
pub mod auth;
#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod config;
#[cfg(feature = "ssr")]
pub mod dispatch;
#[cfg(feature = "ssr")]
pub mod ingest;
#[cfg(feature = "ssr")]
pub mod rest;
#[cfg(feature = "ssr")]
pub mod state;
#[cfg(feature = "ssr")]
pub mod storage;
#[cfg(feature = "ssr")]
pub mod telemetry;
#[cfg(feature = "ssr")]
pub mod vault;
#[cfg(feature = "ssr")]
pub mod web;
#[cfg(feature = "ssr")]
pub mod webhooks;
