//! clearhook: signs, sends, retries and logs webhooks, with a web console.
//!
//! # Modules
//!
//! Compiled for the server and for the browser: [`domain`] (ids, rules and values of the domain), [`catalogue`] (the event types and their
//! schemas), [`messages`] (all texts of the console, in English and French), [`console`] (pages, and the islands that run in the browser).
//!
//! Compiled for the server only:
//!
//! * `config`: settings; `telemetry`: logging; `vault`: encryption at rest; `state`: what every request handler can access.
//! * `storage`: the database. `auth`: sign-in, API keys and permissions.
//! * `ingest`: validates and accepts events. `webhooks` and `administration`: use cases shared by console, HTTP API and command line.
//! * `dispatch`: sends callbacks.
//! * `rest`: the HTTP API; `web`: the HTTP server, its middleware, and the form handlers of the console; `cli`: the command line.
//!
//! Dependencies mostly point from the right to the left:
//! `messages ← domain ← catalogue ← storage ← {auth, dispatch, config} ← state ← {webhooks, ingest, administration} ←
//! {console, rest} ← web ← cli`.
//! Exceptions are `config`, which uses `web::server` and is used by `auth::oidc`, `console`, which uses a few types of `web`, and `ingest`
//! and `webhooks`, which use each other.
//!
//! # The path of an event
//!
//! 1. `rest::events` parses the CloudEvents in `POST /api/v1/events`. The API key must have the scope `events:write`.
//! 2. `ingest` validates each event against the schema of its type and builds the request body of its callbacks.
//!    `storage::journal::publish` detects duplicates, and stores the event and one delivery per subscribed webhook in one transaction. The
//!    202 is sent after the commit.
//! 3. The journal passes the deliveries in memory to the dispatcher (`dispatch::Dispatcher`). This node owns them through its lease.
//!    Deliveries for which there is no free slot stay in the database, and `dispatch::claim` claims them later.
//! 4. An attempt loads the current URL, headers and secrets of the webhook, signs the request (`domain::secret`), and sends it
//!    (`dispatch::client`, whose resolver rejects private addresses).
//! 5. `dispatch::outcome` and `domain::retry` classify the response. `storage::journal::results` inserts the callback into the log and
//!    updates the delivery, in one transaction.
//! 6. `console` and `rest::callbacks` show the log.

// The types of views are nested as deeply as their pages.
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
