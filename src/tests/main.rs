//! What users and programs see, against real parts: SQLite files, a real PostgreSQL, real sockets, the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

mod audit;
mod callbacks;
mod command_line;
mod console;
mod crashes;
mod hostile;
mod limits;
mod migrations;
mod oidc;
mod publishing;
mod refusals;
mod resend;
mod retries;
mod second_factor;
mod secrets;
mod serving;
mod sessions;
mod setup;
mod sign_in;
mod webhooks;
