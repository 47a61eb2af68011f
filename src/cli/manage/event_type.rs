//! The command `clearhook event-type`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::find;
use crate::{
    cli::{
        client::{Answer, Call, Client, Items, ServerArguments},
        error::CliError,
        input::{read_bytes, read_json},
        listing::{print_items, print_object},
        output::{print_line, print_text},
        plain::printable_json,
        progress::while_working,
        table::{Cell, text_of},
    },
    domain::event_type::EventType,
};

/// The import of a large document compares many schemas.
const PATIENCE: Duration = Duration::from_mins(10);

#[derive(Args)]
pub(in crate::cli) struct EventTypeArguments {
    #[command(subcommand)]
    command: EventTypeCommand,
    #[command(flatten)]
    server: ServerArguments,
    /// Print JSON, as the API answers
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum EventTypeCommand {
    /// List the event types of the server
    #[command(after_help = "Scope of the key: any\n\nExample:\n  clearhook event-type list --origin custom")]
    List {
        /// Only types with this text in their name or description
        #[arg(long)]
        q: Option<String>,
        /// Only types of this group
        #[arg(long)]
        group: Option<String>,
        /// Only types in this state: `active`, `deprecated` or `archived`
        #[arg(long)]
        state: Option<String>,
        /// Only types of this origin: `clearid` (built in), `custom` or `discovered`
        #[arg(long)]
        origin: Option<String>,
        /// At most this many [default: all]
        #[arg(long)]
        limit: Option<u64>,
    },
    /// Show an event type with its schema and examples
    #[command(after_help = "Scope of the key: any\n\nExample:\n  clearhook event-type show invoice.paid --json")]
    Show {
        /// The event type
        #[arg(value_name = "TYPE")]
        event_type: EventType,
    },
    /// Create an event type
    #[command(
        after_help = "Scope of the key: event-types:write\n\nExample:\n  clearhook event-type create invoice.paid --group Billing --schema invoice-paid.schema.json --example invoice-paid.json"
    )]
    Create {
        /// The event type
        #[arg(value_name = "TYPE")]
        event_type: EventType,
        #[command(flatten)]
        fields: FieldArguments,
    },
    /// Change the given fields of an event type; the others stay. Another schema becomes a new version
    #[command(
        after_help = "Scope of the key: event-types:write\n\nExample:\n  clearhook event-type update invoice.paid --schema invoice-paid.schema.json"
    )]
    Update {
        /// The event type
        #[arg(value_name = "TYPE")]
        event_type: EventType,
        #[command(flatten)]
        fields: FieldArguments,
        /// Accept a schema that breaks publishers or receivers
        #[arg(long)]
        breaking: bool,
    },
    /// Archive an event type: new events are refused, the history stays
    #[command(after_help = "Scope of the key: event-types:write\n\nExample:\n  clearhook event-type archive invoice.paid")]
    Archive {
        /// The event type
        #[arg(value_name = "TYPE")]
        event_type: EventType,
    },
    /// Make an archived or deprecated event type active again
    #[command(after_help = "Scope of the key: event-types:write\n\nExample:\n  clearhook event-type restore invoice.paid")]
    Restore {
        /// The event type
        #[arg(value_name = "TYPE")]
        event_type: EventType,
    },
    /// Import event types from an OpenAPI or AsyncAPI document, JSON Schemas or examples: all of them or none
    #[command(after_help = "Scope of the key: event-types:write\n\nExample:\n  clearhook event-type import openapi.yaml --dry-run")]
    Import {
        /// The document, or - for standard input
        file: PathBuf,
        /// Only say what would be new, changed or rejected
        #[arg(long)]
        dry_run: bool,
        /// Accept schemas that break publishers or receivers
        #[arg(long)]
        breaking: bool,
        /// The group of types for which the document names none
        #[arg(long)]
        group: Option<String>,
    },
    /// Check an example against the schema of an event type, or a schema against the current one and the stored events. Nothing is changed.
    /// The exit code is 1 if something is wrong
    #[command(
        after_help = "Scope of the key: event-types:write\n\nExample:\n  clearhook event-type check invoice.paid --example invoice-paid.json\n  clearhook event-type check invoice.paid --schema invoice-paid.schema.json"
    )]
    Check {
        /// The event type
        #[arg(value_name = "TYPE")]
        event_type: EventType,
        /// A file with an example of the event's data
        #[arg(long, required_unless_present = "schema")]
        example: Option<PathBuf>,
        /// A file with a JSON Schema of the event's data
        #[arg(long)]
        schema: Option<PathBuf>,
    },
    /// List the versions of an event type's schema, newest first
    #[command(after_help = "Scope of the key: any\n\nExample:\n  clearhook event-type versions invoice.paid")]
    Versions {
        /// The event type
        #[arg(value_name = "TYPE")]
        event_type: EventType,
    },
    /// Print a file for developers of receivers: the JSON Schema of the callback, an example, or a TypeScript declaration
    #[command(after_help = "Scope of the key: any\n\nExample:\n  clearhook event-type schema invoice.paid > invoice.paid.schema.json")]
    Schema {
        /// The event type
        #[arg(value_name = "TYPE")]
        event_type: EventType,
        /// Which file
        #[arg(long, default_value = "schema")]
        format: Format,
        /// Of this version [default: the current one]
        #[arg(long)]
        version: Option<u32>,
    },
}

/// A file of an event type.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Schema,
    Example,
    Typescript,
}

/// The fields that are given.
#[derive(Args)]
struct FieldArguments {
    /// Its name for people [default: made from the type]
    #[arg(long)]
    name: Option<String>,
    /// What the event means
    #[arg(long)]
    description: Option<String>,
    /// Its section in the list of types. An empty text removes it from its group
    #[arg(long)]
    group: Option<String>,
    /// A file with the JSON Schema of the event's data
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Remove the schema, so that any JSON is accepted
    #[arg(long, conflicts_with = "schema")]
    no_schema: bool,
    /// A file with an example of the event's data; several times for several. They replace all current ones
    #[arg(long = "example", value_name = "FILE")]
    examples: Vec<PathBuf>,
    /// `active`, `deprecated` or `archived`
    #[arg(long)]
    state: Option<String>,
    /// The type to use instead
    #[arg(long, value_name = "TYPE")]
    replaced_by: Option<String>,
    /// For how many days payloads are kept
    #[arg(long, value_name = "DAYS")]
    retention: Option<u32>,
    /// A JSON pointer to a value that the console hides; several times for several
    #[arg(long, value_name = "POINTER")]
    masked: Vec<String>,
}

impl FieldArguments {
    fn body(&self) -> Result<Map<String, Value>, CliError> {
        let mut body = Map::new();
        let mut set = |name: &str, value: Option<Value>| body.extend(value.map(|value| (name.to_owned(), value)));
        let text = |value: &Option<String>| value.clone().map(Value::from);
        set("name", text(&self.name));
        set("description", text(&self.description));
        set("group", text(&self.group));
        set("state", text(&self.state));
        set("replaced_by", text(&self.replaced_by));
        set("retention", self.retention.map(Value::from));
        set("masked", (!self.masked.is_empty()).then(|| json!(self.masked)));
        match &self.schema {
            Some(path) => set("schema", Some(read_json("--schema", path)?)),
            None => set("schema", self.no_schema.then_some(Value::Null)),
        }
        let examples = self.examples.iter().map(|path| read_json("--example", path));
        let examples = examples.collect::<Result<Vec<_>, _>>()?;
        set("examples", (!examples.is_empty()).then(|| examples.into()));
        Ok(body)
    }
}

pub(in crate::cli) async fn run(arguments: EventTypeArguments) -> Result<(), CliError> {
    let EventTypeArguments { command, server, json } = arguments;
    let client = server.client()?;
    match command {
        EventTypeCommand::List {
            q,
            group,
            state,
            origin,
            limit,
        } => {
            let items = Items::of(&client, "/event-types", limit)
                .filter("q", q)
                .filter("group", group)
                .filter("state", state)
                .filter("origin", origin);
            print_items(items, json, &["TYPE", "STATE", "VERSION", "ORIGIN", "GROUP", "NAME"], row).await
        }
        EventTypeCommand::Show { event_type } => {
            let call = client.get(path(&event_type));
            print_object(&answer(&client, &event_type, call).await?, json)
        }
        EventTypeCommand::Create { event_type, fields } => {
            let mut body = fields.body()?;
            body.insert("type".to_owned(), event_type.as_str().into());
            let call = client.post("/event-types").json(&Value::Object(body));
            print_object(&call.send().await?, json)
        }
        EventTypeCommand::Update {
            event_type,
            fields,
            breaking,
        } => {
            let mut body = fields.body()?;
            if body.is_empty() {
                return Err(CliError::Usage(
                    "no field to change is given; see clearhook event-type update --help".to_owned(),
                ));
            }
            if breaking {
                body.insert("breaking".to_owned(), true.into());
            }
            change(&client, &event_type, &Value::Object(body), json).await
        }
        EventTypeCommand::Archive { event_type } => change(&client, &event_type, &json!({ "state": "archived" }), json).await,
        EventTypeCommand::Restore { event_type } => {
            change(&client, &event_type, &json!({ "state": "active", "replaced_by": null }), json).await
        }
        EventTypeCommand::Import {
            file,
            dry_run,
            breaking,
            group,
        } => {
            let document = read_bytes("FILE", &file)?;
            let name = file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-");
            let call = client
                .post("/event-types/import")
                .query("dry_run", dry_run)
                .query("breaking", breaking)
                .query_if("group", group)
                .query_if("file_name", name)
                .body("application/octet-stream", document)
                .patient(PATIENCE);
            print_object(&while_working("Importing event types …", call.send()).await?, json)
        }
        EventTypeCommand::Check {
            event_type,
            example,
            schema,
        } => check(&client, &event_type, example.as_deref(), schema.as_deref(), json).await,
        EventTypeCommand::Versions { event_type } => {
            let items = Items::of(&client, format!("{}/versions", path(&event_type)), None);
            print_items(items, json, &["VERSION", "CURRENT", "CREATED"], |version| {
                ["version", "current", "created_at"].map(|field| Cell::of(version, field)).into()
            })
            .await
        }
        EventTypeCommand::Schema {
            event_type,
            format,
            version,
        } => download(&client, &event_type, format, version).await,
    }
}

/// Checks an example or a schema, and fails if something is wrong.
async fn check(client: &Client, event_type: &EventType, example: Option<&Path>, schema: Option<&Path>, json: bool) -> Result<(), CliError> {
    let mut body = json!({});
    if let Some(example) = example {
        body["example"] = read_json("--example", example)?;
    }
    if let Some(schema) = schema {
        body["schema"] = read_json("--schema", schema)?;
    }
    let call = client.post(format!("{}/check", path(event_type))).json(&body);
    let answer = answer(client, event_type, call).await?;
    print_object(&answer, json)?;
    verdict(&answer)
}

/// Prints a file of an event type.
async fn download(client: &Client, event_type: &EventType, format: Format, version: Option<u32>) -> Result<(), CliError> {
    let file = match format {
        Format::Schema => "schema",
        Format::Example => "example",
        Format::Typescript => "typescript",
    };
    let call = client.get(format!("{}/{file}", path(event_type))).query_if("version", version);
    let answer = answer(client, event_type, call).await?;
    match format {
        Format::Typescript => print_text(answer.text()),
        Format::Schema | Format::Example => print_line(printable_json(answer.text().trim_end())),
    }
}

fn path(event_type: &EventType) -> String {
    format!("/event-types/{}", event_type.in_path())
}

async fn answer(client: &Client, event_type: &EventType, call: Call<'_>) -> Result<Answer, CliError> {
    find::of_event_type(client, event_type, call.try_send().await).await
}

async fn change(client: &Client, event_type: &EventType, body: &Value, json: bool) -> Result<(), CliError> {
    let call = client.patch(path(event_type)).json(body);
    print_object(&answer(client, event_type, call).await?, json)
}

/// An error if a check has found something.
fn verdict(answer: &Answer) -> Result<(), CliError> {
    let result = answer.json()?;
    let is_valid = result.get("valid").and_then(Value::as_bool).unwrap_or_default();
    let breaks = result
        .get("changes")
        .and_then(Value::as_array)
        .is_some_and(|changes| !changes.is_empty());
    match (is_valid, breaks) {
        (true, false) => Ok(()),
        (false, _) => Err(CliError::Other("the example does not match the schema; see `errors`".to_owned())),
        (true, true) => Err(CliError::Other(
            "the schema is not compatible with the current one; see `changes`, and use `event-type update --breaking` if that is intended"
                .to_owned(),
        )),
    }
}

fn row(event_type: &Value) -> Vec<Cell> {
    vec![
        Cell::of(event_type, "type"),
        Cell::state(&text_of(event_type.get("state").unwrap_or(&Value::Null))),
        Cell::of(event_type, "version"),
        Cell::of(event_type, "origin"),
        Cell::of(event_type, "group"),
        Cell::of(event_type, "name"),
    ]
}
