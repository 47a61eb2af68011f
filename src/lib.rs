//! clearhook: signs, sends, retries and logs webhooks, with a web console.
//!
//! # Modules
//!
//! Compiled for the server and for the browser: [`messages`] (all texts of the console, in English and French), [`domain`] (ids, rules and
//! values of the domain), [`catalogue`] (the event types and their schemas), [`console`] (pages, and the islands that run in the browser).
//!
//! Compiled for the server only, from the bottom to the top; a module uses only modules below it:
//!
//! * `vault`: encryption at rest. `storage`: the database.
//! * `auth`: sign-in, API keys and permissions. `delivery`: sends callbacks.
//! * `config`: settings. `telemetry`: logging. `app`: what every use case needs.
//! * `services`: use cases, shared by the HTTP API, the console and the command line.
//! * `request`: facts about the current request. `routes`: routes and their access rules.
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
//!    Deliveries for which there is no free slot stay in the database, and `delivery::claim` claims them later.
//! 4. An attempt loads the current URL, headers and secrets of the webhook, signs the request (`domain::secret`), and sends it
//!    (`delivery::client`, whose resolver rejects private addresses).
//! 5. `delivery::classify_response` and `domain::retry` classify the response. `storage::journal::results` inserts the callback into the log and
//!    updates the delivery, in one transaction.
//! 6. `console` and `rest::callbacks` show the log.

// The types of views are nested as deeply as their pages.
#![recursion_limit = "256"]

pub mod catalogue;
pub mod console;
pub mod domain;
pub mod messages;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod auth;
#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod config;
#[cfg(feature = "ssr")]
pub mod delivery;
#[cfg(feature = "ssr")]
pub mod request;
#[cfg(feature = "ssr")]
pub mod rest;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod services;
#[cfg(feature = "ssr")]
pub mod storage;
#[cfg(feature = "ssr")]
pub mod telemetry;
#[cfg(feature = "ssr")]
pub mod vault;
#[cfg(feature = "ssr")]
pub mod web;
