//! The command `clearhook erase`.

use std::time::{Duration, Instant};

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::cli::{
    client::ServerArguments,
    confirm::confirm,
    error::CliError,
    output::{note, print_line},
};

pub(super) const HELP: &str = "\
Removes the payloads of events and the response bodies in their log, for good. The rows of the log stay without them. Deliveries that wait are \
cancelled: they are never sent. The subject, source and id of an event stay, so that the erasure can be repeated. Backups keep what they \
contain: delete them, or repeat the erasure after a restore.

Scope of the key: admin

Examples:
  clearhook erase --subject identities/42
  clearhook erase --source /sites/paris --id 7d3c6b1e --yes";

/// How long to wait for attempts that are in flight: longer than the default timeout of an attempt and of its response body.
const IN_FLIGHT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(super) struct EraseArguments {
    /// All events with this subject
    #[arg(long, required_unless_present_all = ["source", "id"], conflicts_with_all = ["source", "id"])]
    subject: Option<String>,
    /// Events with this source; together with --id
    #[arg(long, requires = "id")]
    source: Option<String>,
    /// Events with this id of the publisher; together with --source
    #[arg(long, requires = "source")]
    id: Option<String>,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArguments,
}

/// The answer of the server.
#[derive(Default, Deserialize)]
struct Erased {
    events: u64,
    callbacks: u64,
    deliveries: u64,
    in_flight: u64,
    overwritten: bool,
    next: Option<Value>,
}

pub(super) async fn run(arguments: EraseArguments) -> Result<(), CliError> {
    let client = arguments.server.client()?;
    let (what, named) = match (&arguments.subject, &arguments.source, &arguments.id) {
        (Some(subject), ..) => (json!({ "subject": subject }), format!("about {subject}")),
        (None, source, id) => (
            json!({ "source": source, "id": id }),
            format!(
                "{} from {}",
                id.as_deref().unwrap_or_default(),
                source.as_deref().unwrap_or_default()
            ),
        ),
    };
    confirm(
        arguments.yes,
        &format!("Erase the payloads and logged responses of all events {named}? This cannot be undone."),
    )?;
    let mut all = Erased::default();
    let begun = Instant::now();
    loop {
        let mut request = what.clone();
        if let Some(next) = &all.next {
            request["after"] = next.clone();
        } else {
            all.in_flight = 0;
        }
        let erased: Erased = client.post("/erase").json(&request).send().await?.read()?;
        all.events += erased.events;
        all.callbacks += erased.callbacks;
        all.deliveries += erased.deliveries;
        all.in_flight += erased.in_flight;
        all.next = erased.next;
        all.overwritten = erased.overwritten;
        if all.next.is_some() {
            continue;
        }
        if all.in_flight == 0 {
            break;
        }
        if begun.elapsed() > IN_FLIGHT {
            return Err(CliError::Other(format!(
                "{} deliveries are still being sent and may log a response; run the command again when they have ended",
                all.in_flight
            )));
        }
        sleep(PAUSE).await;
    }
    if arguments.json {
        return print_line(json!({
            "events": all.events, "callbacks": all.callbacks, "deliveries": all.deliveries, "overwritten": all.overwritten
        }));
    }
    print_line(format_args!(
        "Erased: the payloads of {} events and the responses of {} callbacks. {} deliveries were cancelled.",
        all.events, all.callbacks, all.deliveries
    ))?;
    if !all.overwritten {
        note(
            "Free space of the database may contain it until the database is vacuumed: VACUUM on SQLite, VACUUM FULL events, callbacks on PostgreSQL.",
        );
    }
    note("Backups that were made before still contain them.");
    Ok(())
}
