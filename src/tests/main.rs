//! What users and programs see, against real parts: SQLite files, a real PostgreSQL, real sockets, the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

mod actions;
mod administration;
mod audit;
mod callbacks;
mod clocks;
mod command_line;
mod console;
mod crashes;
mod disks;
mod hostile;
mod language;
mod limits;
mod list;
mod migrations;
mod nodes;
mod publishing;
mod refusals;
mod resend;
mod retries;
mod roles;
mod secrets;
mod serving;
mod webhooks;
