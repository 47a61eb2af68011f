//! AsyncAPI 2 and 3: the messages of channels, and of components if there are no channels.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{Candidate, Dialect, Import, first_tag, named_by_extension, text};
use crate::pointer;

pub(super) fn read(import: &mut Import<'_>, version: &str) {
    let is_second = version.starts_with("2.");
    if !is_second && !version.starts_with("3.") {
        import.error("/asyncapi", format!("AsyncAPI {version} cannot be read, only 2 and 3."));
        return;
    }
    let document = import.document;
    let mut reader = Reader {
        import: &mut *import,
        is_second,
        done: HashSet::new(),
    };
    if is_second {
        reader.second(document);
    } else {
        reader.third(document);
    }
    if reader.done.is_empty() {
        let messages = document.get("components").and_then(|components| components.get("messages"));
        for (name, message) in members(messages) {
            let at = pointer::join("/components/messages", name);
            reader.message(&at, message, &Around::default());
        }
    }
    if import.types.is_empty() && import.errors.is_empty() {
        import.error("", "The AsyncAPI document describes no message.");
    }
}

fn members(object: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    let members = object.and_then(Value::as_object).into_iter().flatten();
    members.filter(|(name, _)| !name.starts_with("x-"))
}

/// What stands around a message.
#[derive(Clone, Default)]
struct Around {
    extension: Option<String>,
    address: Option<String>,
    operation: Option<String>,
    group: Option<String>,
}

struct Reader<'i, 'a> {
    import: &'i mut Import<'a>,
    is_second: bool,
    /// Places of the messages that were read. Several channels may carry one message.
    done: HashSet<String>,
}

impl<'a> Reader<'_, 'a> {
    fn second(&mut self, document: &'a Value) {
        for (address, channel) in members(document.get("channels")) {
            let Some((at, channel)) = self.import.resolved(&pointer::join("/channels", address), channel) else {
                continue;
            };
            for action in ["subscribe", "publish"] {
                let Some(operation) = channel.get(action) else { continue };
                let around = Around {
                    extension: named_by_extension(operation).or_else(|| named_by_extension(channel)),
                    address: Some(address.clone()),
                    operation: text(operation, "operationId").map(str::to_owned),
                    group: first_tag(operation),
                };
                if let Some(message) = operation.get("message") {
                    self.messages(&format!("{at}/{action}/message"), message, &around);
                }
            }
        }
    }

    /// One message, or those of a `oneOf`.
    fn messages(&mut self, at: &str, message: &'a Value, around: &Around) {
        let Some(several) = message.get("oneOf").and_then(Value::as_array) else {
            self.message(at, message, around);
            return;
        };
        // What names the channel or the operation names none of its messages.
        let around = Around {
            group: around.group.clone(),
            ..Around::default()
        };
        for (index, message) in several.iter().enumerate() {
            self.message(&format!("{at}/oneOf/{index}"), message, &around);
        }
    }

    fn third(&mut self, document: &'a Value) {
        let operations = self.operations(document);
        for (id, channel) in members(document.get("channels")) {
            let Some((at, channel)) = self.import.resolved(&pointer::join("/channels", id), channel) else {
                continue;
            };
            let messages: Vec<(&String, &Value)> = members(channel.get("messages")).collect();
            let is_only = messages.len() == 1;
            for (key, message) in messages {
                let operation = operations.get(&at);
                let around = Around {
                    extension: named_by_extension(channel).filter(|_| is_only),
                    address: text(channel, "address").or(Some(id)).map(str::to_owned).filter(|_| is_only),
                    operation: operation.and_then(|(id, _)| id.clone()).filter(|_| is_only),
                    group: operation.and_then(|(_, group)| group.clone()).or_else(|| first_tag(channel)),
                };
                self.message(&pointer::join(&format!("{at}/messages"), key), message, &around);
            }
        }
    }

    /// The operation of each channel, by the channel's place: its id if it is the only one, and its group.
    fn operations(&mut self, document: &'a Value) -> HashMap<String, (Option<String>, Option<String>)> {
        let mut found: HashMap<String, (Option<String>, Option<String>)> = HashMap::new();
        for (id, operation) in members(document.get("operations")) {
            let Some((at, operation)) = self.import.resolved(&pointer::join("/operations", id), operation) else {
                continue;
            };
            let Some(channel) = operation.get("channel") else { continue };
            let Some((channel_at, _)) = self.import.resolved(&format!("{at}/channel"), channel) else {
                continue;
            };
            let group = first_tag(operation);
            found
                .entry(channel_at)
                .and_modify(|known| {
                    known.0 = None;
                    if known.1.is_none() {
                        known.1.clone_from(&group);
                    }
                })
                .or_insert((Some(id.clone()), group));
        }
        found
    }

    fn message(&mut self, at: &str, message: &'a Value, around: &Around) {
        let Some((at, message)) = self.import.resolved(at, message) else {
            return;
        };
        if !self.done.insert(at.clone()) {
            return;
        }
        let merged = self.with_traits(&at, message);
        let stated = |key: &str| merged.get(key).and_then(Value::as_str).map(str::to_owned);
        let key = at.rsplit('/').next().map(pointer::unescape);
        let key = key.filter(|_| at.contains("/messages/"));
        let candidates = [
            stated("name"),
            stated("messageId"),
            key,
            around.address.clone(),
            around.operation.clone(),
        ];
        let Some(format) = self.format(&at, message) else { return };
        let mut candidate = Candidate {
            stated: named_by_extension(message).or_else(|| around.extension.clone()),
            names: candidates.into_iter().flatten().collect(),
            title: text(message, "title").or_else(|| text(message, "summary")),
            description: text(message, "description").or_else(|| text(message, "summary")),
            group: first_tag(message).or_else(|| around.group.clone()),
            dialect: format,
            ..Candidate::default()
        };
        if let Some(payload) = message.get("payload") {
            let at = format!("{at}/payload");
            // Since 3.0 a payload may be an object that names its format beside the schema.
            let is_wrapped = payload.get("schemaFormat").is_some() && payload.get("schema").is_some();
            candidate.schema = match payload.get("schema").filter(|_| is_wrapped) {
                Some(schema) => Some((format!("{at}/schema"), schema)),
                None => Some((at, payload)),
            };
        }
        for example in merged.get("examples").and_then(Value::as_array).into_iter().flatten() {
            candidate.examples.extend(example.get("payload").cloned());
        }
        candidate.pointer = at;
        self.import.add(candidate);
    }

    /// The dialect of a message's payload. None, with an error, if it is no kind of JSON Schema.
    fn format(&mut self, at: &str, message: &Value) -> Option<Dialect> {
        let within = message.get("payload").and_then(|payload| text(payload, "schemaFormat"));
        let Some(format) = within.or_else(|| text(message, "schemaFormat")) else {
            return Some(Dialect::AsyncApi);
        };
        let lower = format.to_ascii_lowercase();
        match () {
            () if lower.contains("asyncapi") => Some(Dialect::AsyncApi),
            () if lower.contains("openapi") && lower.contains("3.1") => Some(Dialect::OpenApi31),
            () if lower.contains("openapi") => Some(Dialect::OpenApi30),
            () if lower.contains("2020-12") => Some(Dialect::Modern),
            () if lower.contains("2019-09") => Some(Dialect::OlderWithSiblings),
            () if lower.starts_with("application/schema") => Some(Dialect::OlderDraft),
            () => {
                let detail = format!(
                    "The payload is described in “{format}”. Only JSON Schema, OpenAPI's and AsyncAPI's own schemas can be imported."
                );
                self.import.error(at, detail);
                None
            }
        }
    }

    /// A message with its traits. In AsyncAPI 2 a trait counts more than the message, since 3 less.
    fn with_traits(&mut self, at: &str, message: &'a Value) -> Map<String, Value> {
        let mut merged = message.as_object().cloned().unwrap_or_default();
        let traits = message.get("traits").and_then(Value::as_array);
        for (index, one) in traits.into_iter().flatten().enumerate() {
            let Some((_, one)) = self.import.resolved(&format!("{at}/traits/{index}"), one) else {
                continue;
            };
            for (key, value) in one.as_object().into_iter().flatten() {
                if self.is_second || !merged.contains_key(key) {
                    merged.insert(key.clone(), value.clone());
                }
            }
        }
        merged
    }
}
