//! Makes the changes that a file asks for, one by one: owners, event types, webhooks, and at last what is removed.

use serde_json::{Map, Value, json};

use super::{
    compare::{Action, Comparison, Step},
    file::ConfigurationFile,
    report,
};
use crate::{
    cli::{
        client::{Call, Client},
        confirm::confirm,
        error::CliError,
        interrupt::Interrupt,
        output::{note, print_line},
        plain::printable,
        progress::steps,
    },
    domain::event_type::EventType,
};

/// How the changes are made.
pub(super) struct Options {
    /// Only say what would be changed.
    pub(super) dry_run: bool,
    /// Do not ask before something is deleted.
    pub(super) yes: bool,
    pub(super) json: bool,
}

/// Makes the changes.
pub(super) async fn apply(client: &Client, file: &ConfigurationFile, comparison: &Comparison, options: Options) -> Result<(), CliError> {
    report::print(comparison, options.json)?;
    if options.dry_run || comparison.equal {
        if !comparison.equal {
            note("Nothing was changed, because of --dry-run.");
        }
        return Ok(());
    }
    if !comparison.missing_scopes.is_empty() {
        return Err(CliError::Other(format!(
            "the key lacks the scope {}, which these changes need; nothing was changed; use a key that has it",
            comparison.missing_scopes.join(" and ")
        )));
    }
    let removed = |step: &&Step| matches!(step.action, Action::Delete | Action::Archive);
    let count = comparison.event_types.iter().chain(&comparison.webhooks).filter(removed).count();
    // Without a terminal nobody can answer; `--prune` itself asks for it.
    if count > 0 && !options.yes && std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        confirm(
            false,
            &format!("Delete the webhooks and archive the event types that are marked with - ({count})?"),
        )?;
    }
    let all = comparison.owners.len() + comparison.event_types.len() + comparison.webhooks.len();
    let bar = steps(all);
    let mut run = Run {
        client,
        file,
        done: 0,
        generated: Vec::new(),
        interrupt: Interrupt::watch(),
    };
    let outcome = run.all(comparison, &bar).await;
    bar.finish_and_clear();
    for name in &run.generated {
        note(format_args!(
            "clearhook: the webhook {} has a new secret that was generated; `clearhook webhook rotate` prints another one",
            printable(name)
        ));
    }
    let done = run.done;
    match outcome {
        Ok(()) if options.json => Ok(()),
        Ok(()) => print_line(format_args!("{done} of {all} changes were made.")),
        Err(error) => {
            let line = format!("{error}; {done} of {all} changes were made before; apply the file again to make the others");
            Err(match error {
                CliError::Interrupted(_) => CliError::Interrupted(line),
                _ => CliError::Other(line),
            })
        }
    }
}

struct Run<'a> {
    client: &'a Client,
    file: &'a ConfigurationFile,
    /// The number of changes that were made.
    done: usize,
    /// New webhooks whose secret was generated.
    generated: Vec<String>,
    interrupt: Interrupt,
}

impl Run<'_> {
    async fn all(&mut self, comparison: &Comparison, bar: &indicatif::ProgressBar) -> Result<(), CliError> {
        let finish = |run: &mut Self| {
            run.done += 1;
            bar.inc(1);
        };
        for owner in &comparison.owners {
            self.go_on()?;
            let user = json!({ "email": owner.email, "role": "api-owner" });
            failed(
                &format!("owner {}", owner.email),
                self.client.post("/users").json(&user).send().await,
            )?;
            finish(self);
        }
        let (removed, changed): (Vec<&Step>, Vec<&Step>) = comparison
            .event_types
            .iter()
            .chain(&comparison.webhooks)
            .partition(|step| matches!(step.action, Action::Delete | Action::Archive));
        // A new type may be replaced by another new type, which does not exist yet.
        let mut replacements = Vec::new();
        for step in changed {
            self.go_on()?;
            bar.set_message(step.object());
            match &step.event_type {
                Some(name) => replacements.extend(failed(&step.object(), self.event_type(name, step).await)?),
                None => failed(&step.object(), self.webhook(step).await)?,
            }
            finish(self);
        }
        for (name, replaced_by) in replacements {
            let call = self.client.patch(path(&name)?).json(&json!({ "replaced_by": replaced_by }));
            failed(&format!("event type {name}"), call.send().await)?;
        }
        for step in removed {
            self.go_on()?;
            failed(&step.object(), self.remove(step).await)?;
            finish(self);
        }
        Ok(())
    }

    /// Ctrl+C is an error between two changes.
    fn go_on(&self) -> Result<(), CliError> {
        if self.interrupt.is_pressed() {
            return Err(CliError::Interrupted("interrupted".to_owned()));
        }
        Ok(())
    }

    /// Creates or changes an event type. Returns a replacement that is set later, because it may not exist yet.
    async fn event_type(&self, name: &str, step: &Step) -> Result<Option<(String, Value)>, CliError> {
        let entry = self.entry("event_types", step);
        let mut body = match step.action {
            Action::Create => without_nulls(entry.clone()),
            _ => only_changed(&entry, step),
        };
        let later = body.remove("replaced_by").filter(|value| !value.is_null());
        // Emptying it needs no other type.
        if step.action != Action::Create && later.is_none() && step.changes.iter().any(|change| change.field == "replaced_by") {
            body.insert("replaced_by".to_owned(), Value::Null);
        }
        if step.action == Action::Create {
            self.client.post("/event-types").json(&Value::Object(body)).send().await?;
        } else if !body.is_empty() {
            // Consent to an incompatible schema.
            body.extend(entry.get("breaking").map(|value| ("breaking".to_owned(), value.clone())));
            let call = self.client.patch(path(name)?).if_match(step.etag.as_deref());
            changed(call.json(&Value::Object(body))).await?;
        }
        Ok(later.map(|replaced_by| (name.to_owned(), replaced_by)))
    }

    /// Creates or changes a webhook.
    async fn webhook(&mut self, step: &Step) -> Result<(), CliError> {
        let entry = self.entry("webhooks", step);
        if step.action == Action::Create {
            let mut body = without_nulls(entry);
            // The id is that of another server.
            body.remove("id");
            with_values(&mut body);
            if !body.contains_key("secret") {
                self.generated.push(step.name.clone().unwrap_or_default());
            }
            self.client.post("/webhooks").json(&Value::Object(body)).send().await?;
            return Ok(());
        }
        let id = step.id.as_deref().unwrap_or_default();
        let mut body = only_changed(&entry, step);
        let secret = body.remove("secret");
        if !body.is_empty() {
            let call = self.client.patch(format!("/webhooks/{id}")).if_match(step.etag.as_deref());
            changed(call.json(&Value::Object(body))).await?;
        }
        if let Some(secret) = secret {
            let call = self.client.post(format!("/webhooks/{id}/secret/rotate"));
            call.json(&json!({ "secret": secret })).send().await?;
        }
        Ok(())
    }

    async fn remove(&self, step: &Step) -> Result<(), CliError> {
        let call = match (&step.event_type, &step.id) {
            (Some(name), _) => self.client.delete(path(name)?),
            (None, id) => self.client.delete(format!("/webhooks/{}", id.as_deref().unwrap_or_default())),
        };
        changed(call.if_match(step.etag.as_deref())).await
    }

    /// The entry of the file to which a step belongs.
    fn entry(&self, section: &str, step: &Step) -> Map<String, Value> {
        let entry = step.at.and_then(|at| self.file.entry(section, at));
        entry.and_then(Value::as_object).cloned().unwrap_or_default()
    }
}

/// The members that change.
fn only_changed(entry: &Map<String, Value>, step: &Step) -> Map<String, Value> {
    let is_changed = |name: &str| {
        // The first example has a name of its own.
        let field = if name == "example" { "examples" } else { name };
        step.changes.iter().any(|change| change.field == field)
    };
    let members = entry.iter().filter(|(name, _)| is_changed(name));
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Null in a file means the default of something new.
fn without_nulls(mut entry: Map<String, Value>) -> Map<String, Value> {
    entry.retain(|_, value| !value.is_null());
    entry
}

/// A secret header whose value the file does not name gets an empty one, about which the comparison has warned.
fn with_values(body: &mut Map<String, Value>) {
    let headers = body.get_mut("headers").and_then(Value::as_array_mut);
    for header in headers.into_iter().flatten().filter_map(Value::as_object_mut) {
        if !header.contains_key("value") {
            header.insert("value".to_owned(), "".into());
        }
    }
}

fn path(event_type: &str) -> Result<String, CliError> {
    let event_type: EventType = event_type
        .parse()
        .map_err(|error| CliError::Other(format!("{}: {error}", printable(event_type))))?;
    Ok(format!("/event-types/{}", event_type.in_path()))
}

/// Sends a change. If somebody else has changed the object since it was compared, the error says so.
async fn changed(call: Call<'_>) -> Result<(), CliError> {
    call.send().await.map(|_| ())
}

/// The error of a change, with its object.
fn failed<T>(object: &str, outcome: Result<T, CliError>) -> Result<T, CliError> {
    outcome.map_err(|error| CliError::Other(format!("{}: {error}", printable(object))))
}
