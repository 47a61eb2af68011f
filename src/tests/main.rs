//! What users and programs see, against real parts: SQLite files, a real PostgreSQL, real sockets, the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

mod actions;
mod addresses;
mod administration;
mod audit;
mod callbacks;
mod clocks;
mod command_line;
mod connections;
mod console;
mod crashes;
mod disks;
mod event_types;
mod hostile;
mod kept;
mod keys;
mod language;
mod limits;
mod list;
mod log_export;
mod log_live;
mod logs;
mod markup;
mod migrations;
mod nodes;
mod oidc;
mod overview;
mod planted;
mod publishing;
mod refusals;
mod requests;
mod resend;
mod retries;
mod roles;
mod second_factor;
mod secrets;
mod serving;
mod sessions;
mod setup;
mod sign_in;
mod signatures;
mod tls;
mod together;
mod webhooks;
