//! `make bench`: how fast clearhook delivers on this machine, next to what the machine itself can do in the same run.
//!
//! Each part is a process of its own: the service (the release binary), the receiver, and this one, which makes the load. Latencies
//! count from the *scheduled* time of sending. Every run ends with an exact ledger, or is void.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark that cannot go on ends; its figures need no more than three digits"
)]

mod drain;
mod filters;
mod limits;
mod load;
mod nodes;
mod pages;
#[path = "../../tests/integration/support/postgres.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod postgres;
mod receiver;
mod report;
mod run;
mod samples;
mod service;
mod types;
mod wrk;

use std::env;

fn main() {
    // The first failure makes the run invalid.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("bench: {panic}");
        std::process::exit(1);
    }));
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    let first = arguments.next();
    let wanted: Vec<String> = first.iter().cloned().chain(arguments).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    // Plain HTTP needs no TLS, but the client requires a provider.
    clearhook::tls_provider::install();
    match first.as_deref() {
        Some("receiver") => runtime.block_on(receiver::serve()),
        Some("accepter") => runtime.block_on(limits::accept_without_storing()),
        _ => runtime.block_on(run::all(&wanted)),
    }
}
