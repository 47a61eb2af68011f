//! clearhook: signs, sends, retries and logs webhooks, with a web console.
//!
//! # Modules
//!
//! Compiled for the server and for the browser: `messages` (all texts of the console, in English and French), `domain` (ids, rules and
//! values of the domain), `console` (pages, and the islands that run in the browser).
//!
//! Compiled for the server only, from the bottom to the top; a module uses only modules below it:
//!
//! * `catalogue`: the pack `clearid`, its event types and their schemas. `sync`: helpers for locks. `error_chain`: searches the sources of an
//!   error. `tls_provider`: the cryptography of TLS. `vault`: encryption at rest. `storage`: the database.
//! * `auth`: sign-in, API keys and permissions. `delivery`: sends callbacks.
//! * `registry`: the event types of this installation, in memory.
//! * `config`: settings. `otel`: OpenTelemetry. `telemetry`: logging. `app`: what every use case needs.
//! * `services`: use cases, shared by the HTTP API, the console, the command line and the input from brokers.
//! * `broker`: events from NATS `JetStream` and `RabbitMQ`.
//! * `problem`: errors as HTTP responses. `request`: facts about the current request. `routes`: routes and their access rules.
//! * `rest`: the HTTP API. `console`: the pages.
//! * `web`: the router, its middleware, and the form handlers of the console. `cli`: the command line.
//!
//! The HTTP server itself is the crate `http-server`.
//!
//! # The path of an event
//!
//! 1. `rest::events` parses the CloudEvents in `POST /api/v1/events`. The API key must have the scope `events:write`.
//! 2. `services::events` validates each event against the schema of its type and builds the request body of its callbacks.
//!    `storage::journal::publish` detects duplicates, and stores the event and one delivery per subscribed webhook in one transaction. The
//!    202 is sent after the commit.
//! 3. The journal passes the deliveries in memory to the dispatcher (`delivery::Dispatcher`). This node owns them through its lease.
//!    Deliveries for which there is no free slot stay in the database, and `delivery::background::claim` claims them later.
//! 4. An attempt loads the current URL, headers and secrets of the webhook, signs the request (`domain::secret`), and sends it
//!    (`delivery::client`, whose resolver rejects private addresses).
//! 5. `delivery::classify_response` and `domain::retry` classify the response. `storage::journal::results` inserts the callback into the log and
//!    updates the delivery, in one transaction.
//! 6. `console` and `rest::callbacks` show the log.

// The types of views are nested as deeply as their pages.
#![recursion_limit = "256"]
// The server is compiled with private modules, so that the compiler finds code that the product does not use. For tests they are public.
#![cfg_attr(all(feature = "ssr", not(feature = "test-support")), allow(unreachable_pub))]

#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod console;
#[cfg(any(not(feature = "ssr"), feature = "test-support"))]
pub mod console;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod domain;
#[cfg(any(not(feature = "ssr"), feature = "test-support"))]
pub mod domain;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod messages;
#[cfg(any(not(feature = "ssr"), feature = "test-support"))]
pub mod messages;

#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod app;
#[cfg(feature = "test-support")]
pub mod app;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod auth;
#[cfg(feature = "test-support")]
pub mod auth;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod broker;
#[cfg(feature = "test-support")]
pub mod broker;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod catalogue;
#[cfg(feature = "test-support")]
pub mod catalogue;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod cli;
#[cfg(feature = "test-support")]
pub mod cli;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod config;
#[cfg(feature = "test-support")]
pub mod config;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod delivery;
#[cfg(feature = "test-support")]
pub mod delivery;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod error_chain;
#[cfg(feature = "test-support")]
pub mod error_chain;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod otel;
#[cfg(feature = "test-support")]
pub mod otel;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod problem;
#[cfg(feature = "test-support")]
pub mod problem;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod registry;
#[cfg(feature = "test-support")]
pub mod registry;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod request;
#[cfg(feature = "test-support")]
pub mod request;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod rest;
#[cfg(feature = "test-support")]
pub mod rest;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod routes;
#[cfg(feature = "test-support")]
pub mod routes;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod services;
#[cfg(feature = "test-support")]
pub mod services;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod storage;
#[cfg(feature = "test-support")]
pub mod storage;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod sync;
#[cfg(feature = "test-support")]
pub mod sync;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod telemetry;
#[cfg(feature = "test-support")]
pub mod telemetry;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod tls_provider;
#[cfg(feature = "test-support")]
pub mod tls_provider;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod vault;
#[cfg(feature = "test-support")]
pub mod vault;
#[cfg(all(feature = "ssr", not(feature = "test-support")))]
mod web;
#[cfg(feature = "test-support")]
pub mod web;

#[cfg(feature = "ssr")]
pub use cli::main;
