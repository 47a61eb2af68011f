//! The fields of an event type as they are written, and their validation.

use event_schema::EventSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    domain::{
        event_type::{EventType, EventTypeState, TYPE_MAX},
        webhook::{NAME_MAX, check_name},
    },
    messages::validation::ValidationError,
    registry::{Entry, EntrySchema, Snapshot},
    services::error::FieldError,
    storage::event_types::EventTypeFields,
};

/// Maximum length of a description, in characters. Descriptions in published API documents are long.
const DESCRIPTION_MAX: usize = 10_000;
/// Maximum length of the name of a group, in characters.
const GROUP_MAX: usize = 100;
/// Maximum number of examples.
const EXAMPLES_MAX: usize = 20;
/// Maximum size of all examples together as JSON, in bytes.
const EXAMPLES_BYTES_MAX: usize = 256 * 1024;
/// Maximum number of masked values.
const MASKED_MAX: usize = 100;
/// Maximum length of a JSON pointer, in characters.
const POINTER_MAX: usize = 500;
/// Maximum retention, in days.
const RETENTION_MAX: u32 = 36_500;

/// The fields of an event type before validation, as the API reads them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewEventType")]
pub struct EventTypeInput {
    /// The CloudEvents `type`.
    #[serde(rename = "type")]
    #[schemars(with = "EventType", example = &"invoice.paid")]
    pub event_type: String,
    /// The name for people. If it is omitted, it is made from the type.
    #[serde(default)]
    #[schemars(length(min = 1, max = NAME_MAX), example = &"Invoice paid")]
    pub name: Option<String>,
    /// The description.
    #[serde(default)]
    #[schemars(length(max = DESCRIPTION_MAX), example = &"An invoice was paid in full.")]
    pub description: String,
    /// The section of the event picker.
    #[serde(default)]
    #[schemars(length(max = GROUP_MAX), example = &"Invoices")]
    pub group: Option<String>,
    /// The JSON Schema of `data`. Without it, any JSON is valid.
    #[serde(default)]
    #[schemars(extend("type" = ["object", "boolean", "null"]))]
    pub schema: Option<Value>,
    /// The first example of `data`. It replaces the first one of `examples`.
    #[serde(default)]
    pub example: Option<Value>,
    /// Examples of `data`.
    #[serde(default)]
    #[schemars(length(max = EXAMPLES_MAX))]
    pub examples: Vec<Value>,
    /// What may be done with the type.
    #[serde(default)]
    #[schemars(with = "Option<EventTypeState>")]
    pub state: Option<String>,
    /// The type to use instead. An empty text means none.
    #[serde(default)]
    #[schemars(length(max = TYPE_MAX), example = &"invoice.settled")]
    pub replaced_by: Option<String>,
    /// For how many days payloads are kept.
    #[serde(default)]
    #[schemars(range(min = 1, max = RETENTION_MAX), example = 30)]
    pub retention: Option<u32>,
    /// JSON pointers to values that the console hides.
    #[serde(default)]
    #[schemars(length(max = MASKED_MAX), inner(length(max = POINTER_MAX), regex(pattern = r"^(/([^~]|~[01])*)?$")))]
    pub masked: Vec<String>,
    /// Whether an incompatible schema is accepted.
    #[serde(default)]
    pub breaking: bool,
}

impl EventTypeInput {
    /// The present fields of an event type.
    pub fn of(entry: &Entry) -> Self {
        let fields = &entry.record.fields;
        Self {
            event_type: entry.record.event_type.to_string(),
            name: Some(fields.name.clone()),
            description: fields.description.clone(),
            group: fields.group.clone(),
            schema: entry.schema_value(),
            example: None,
            examples: entry.examples().to_vec(),
            state: Some(fields.state.to_string()),
            replaced_by: fields.replaced_by.as_ref().map(ToString::to_string),
            retention: fields.retention_days,
            masked: fields.masked.clone(),
            breaking: false,
        }
    }

    /// All examples, in order.
    fn all_examples(&mut self) -> Vec<Value> {
        let mut examples = std::mem::take(&mut self.examples);
        if let Some(first) = self.example.take() {
            match examples.first_mut() {
                Some(present) => *present = first,
                None => examples.push(first),
            }
        }
        examples
    }
}

/// An event type whose fields are valid by themselves. The examples have not been compared with the schema yet.
pub(in crate::services) struct Checked {
    pub(in crate::services) event_type: EventType,
    pub(in crate::services) fields: EventTypeFields,
    pub(in crate::services) schema: EntrySchema,
    /// The schema as JSON text.
    pub(in crate::services) schema_text: Option<String>,
    pub(in crate::services) examples: Vec<Value>,
    pub(in crate::services) breaking: bool,
}

impl Checked {
    /// The examples as a JSON array.
    pub(super) fn examples_text(&self) -> String {
        Value::from(self.examples.clone()).to_string()
    }

    /// The errors of the examples by the schema.
    pub(super) fn example_errors(&self) -> Vec<FieldError> {
        example_errors(&self.schema, &self.examples)
    }
}

/// The errors of examples by a schema. The first example is `/example`, the others are `/examples/1` and so on.
pub(super) fn example_errors(schema: &EntrySchema, examples: &[Value]) -> Vec<FieldError> {
    let errors = examples.iter().enumerate().flat_map(|(at, example)| {
        let place = if at == 0 {
            "/example".to_owned()
        } else {
            format!("/examples/{at}")
        };
        let errors = schema.errors(example).into_iter();
        errors.map(move |error| FieldError::new(format!("{place}{}", error.pointer), error.detail))
    });
    errors.take(20).collect()
}

/// Validates all fields by themselves. `present` is the stored schema: it is not compiled again if it stays. The error contains everything
/// that is wrong.
pub(in crate::services) fn check_fields(
    types: &Snapshot,
    mut input: EventTypeInput,
    present: Option<&Entry>,
) -> Result<Checked, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut check = |pointer: &str, result: Result<(), ValidationError>| {
        if let Err(wrong) = result {
            errors.push(FieldError::new(pointer, wrong));
        }
    };
    let event_type = match present {
        // A stored name is not checked again.
        Some(entry) => {
            let same = input.event_type == entry.record.event_type.as_str();
            check("/type", if same { Ok(()) } else { Err(ValidationError::TypeFixed) });
            Some(entry.record.event_type.clone())
        }
        None => match input.event_type.parse::<EventType>() {
            Ok(event_type) => Some(event_type),
            Err(wrong) => {
                check("/type", Err(wrong));
                None
            }
        },
    };
    let name = match input.name.take() {
        Some(name) => {
            check("/name", check_name(&name));
            name.trim().to_owned()
        }
        // An error of the type is enough.
        None => name_of(&input.event_type),
    };
    check("/description", check_long_text(&input.description));
    let group = input
        .group
        .take()
        .map(|group| group.trim().to_owned())
        .filter(|group| !group.is_empty());
    check("/group", group.as_deref().map_or(Ok(()), check_group));
    let state = match input.state.as_deref().map(str::parse::<EventTypeState>) {
        None => EventTypeState::Active,
        Some(Ok(state)) => state,
        Some(Err(unknown)) => {
            errors.push(FieldError::new("/state", format!("{unknown}.")));
            EventTypeState::Active
        }
    };
    let replaced_by = match input.replaced_by.as_deref().filter(|name| !name.is_empty()) {
        Some(name) if Some(name) == event_type.as_ref().map(EventType::as_str) => {
            errors.push(FieldError::new("/replaced_by", ValidationError::ReplacedByItself));
            None
        }
        Some(name) if types.knows(name) || present.is_some_and(|entry| is_replacement(entry, name)) => Some(EventType::of_stored(name)),
        Some(name) => {
            let event = name.chars().take(200).collect();
            errors.push(FieldError::new("/replaced_by", ValidationError::NoSuchEvent { event }));
            None
        }
        None => None,
    };
    if input.retention.is_some_and(|days| !(1..=RETENTION_MAX).contains(&days)) {
        let max = u64::from(RETENTION_MAX);
        errors.push(FieldError::new("/retention", ValidationError::Rate { max }));
    }
    check_pointers(&input.masked, &mut errors);
    if let (None, Some(example), Some(first)) = (present, &input.example, input.examples.first())
        && example != first
    {
        let detail = "Give the example only once: `example` is the first of `examples`.";
        errors.push(FieldError::new("/example", detail));
    }
    let examples = input.all_examples();
    if examples.len() > EXAMPLES_MAX {
        let max = EXAMPLES_MAX as u64;
        errors.push(FieldError::new("/examples", ValidationError::TooManyExamples { max }));
    }
    let is_large = serde_json::to_string(&examples).map_or(true, |text| text.len() > EXAMPLES_BYTES_MAX);
    if is_large {
        let max = EXAMPLES_BYTES_MAX as u64;
        errors.push(FieldError::new("/examples", ValidationError::ExamplesTooLong { max }));
    }
    let (schema, schema_text) = match check_schema(input.schema.take(), present) {
        Ok(schema) => schema,
        Err(wrong) => {
            errors.extend(wrong);
            (EntrySchema::Any, None)
        }
    };
    let (Some(event_type), true) = (event_type, errors.is_empty()) else {
        return Err(errors);
    };
    Ok(Checked {
        event_type,
        fields: EventTypeFields {
            name,
            description: input.description.trim().to_owned(),
            group,
            state,
            replaced_by,
            retention_days: input.retention,
            masked: input.masked,
        },
        schema,
        schema_text,
        examples,
        breaking: input.breaking,
    })
}

fn is_replacement(entry: &Entry, name: &str) -> bool {
    entry
        .record
        .fields
        .replaced_by
        .as_ref()
        .is_some_and(|present| present.as_str() == name)
}

/// Compiles a schema, unless it is the stored one.
fn check_schema(given: Option<Value>, present: Option<&Entry>) -> Result<(EntrySchema, Option<String>), Vec<FieldError>> {
    let Some(value) = given else {
        return Ok((EntrySchema::Any, None));
    };
    if let Some(entry) = present
        && entry.schema_value().as_ref() == Some(&value)
    {
        return Ok((entry.schema().clone(), entry.content().schema.clone()));
    }
    let text = value.to_string();
    Ok((compiled(value)?, Some(text)))
}

/// Compiles a schema. Null permits any JSON.
pub(super) fn compiled(schema: Value) -> Result<EntrySchema, Vec<FieldError>> {
    if schema.is_null() {
        return Ok(EntrySchema::Any);
    }
    EventSchema::from_value(schema).map(EntrySchema::Schema).map_err(|errors| {
        let errors = errors
            .into_iter()
            .map(|error| FieldError::new(format!("/schema{}", error.pointer), error.detail));
        errors.collect()
    })
}

fn check_long_text(text: &str) -> Result<(), ValidationError> {
    if text.chars().count() > DESCRIPTION_MAX {
        return Err(ValidationError::TooManyCharacters {
            max: DESCRIPTION_MAX as u64,
        });
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(ValidationError::ControlCharacters);
    }
    Ok(())
}

fn check_group(group: &str) -> Result<(), ValidationError> {
    if group.chars().count() > GROUP_MAX {
        return Err(ValidationError::TooManyCharacters { max: GROUP_MAX as u64 });
    }
    if group.chars().any(char::is_control) {
        return Err(ValidationError::OneLine);
    }
    Ok(())
}

/// Checks JSON pointers (RFC 6901).
fn check_pointers(pointers: &[String], errors: &mut Vec<FieldError>) {
    if pointers.len() > MASKED_MAX {
        let max = MASKED_MAX as u64;
        errors.push(FieldError::new("/masked", ValidationError::TooManyPointers { max }));
        return;
    }
    for (at, pointer) in pointers.iter().enumerate() {
        let has_shape = pointer.is_empty() || pointer.starts_with('/');
        let is_escaped = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        let is_short = pointer.chars().count() <= POINTER_MAX && !pointer.chars().any(char::is_control);
        if !(has_shape && is_escaped && is_short) {
            errors.push(FieldError::new(format!("/masked/{at}"), ValidationError::Pointer));
        }
    }
}

/// A name for people, made from a type: "Invoice paid" from `invoice.paid`.
fn name_of(event_type: &str) -> String {
    let words = event_type.replace(['.', '_', '-', '/', ':'], " ");
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(input: &Value) -> Result<Checked, Vec<String>> {
        let input = serde_json::from_value(input.clone()).unwrap();
        check_fields(&Snapshot::default(), input, None).map_err(|errors| {
            let errors = errors.into_iter().map(|error| format!("{} {}", error.pointer, error.detail));
            errors.collect()
        })
    }

    #[test]
    fn a_type_alone_is_enough() {
        let minimal = checked(&json!({ "type": "invoice.paid-late" })).unwrap();
        assert_eq!(minimal.fields.name, "Invoice paid late");
        assert_eq!((minimal.fields.state, minimal.fields.group), (EventTypeState::Active, None));
        assert!(minimal.schema.is_any() && minimal.examples.is_empty());
    }

    #[test]
    fn each_wrong_field_is_named() {
        for (field, value, word) in [
            ("type", json!("payé"), "`é`"),
            ("name", json!(" "), "name"),
            ("name", json!("a\nb"), "one line"),
            ("name", json!("x".repeat(201)), "200"),
            ("description", json!("x".repeat(10_001)), "10,000"),
            ("description", json!("\u{7}"), "control"),
            ("group", json!("x".repeat(101)), "100"),
            ("group", json!("a\tb"), "one line"),
            ("state", json!("retired"), "archived"),
            ("replaced_by", json!("no.such"), "no.such"),
            ("replaced_by", json!("invoice.paid"), "itself"),
            ("retention", json!(0), "from 1"),
            ("retention", json!(36_501), "36,500"),
            ("masked", json!(["card"]), "pointer"),
            ("masked", json!(["/a~2"]), "pointer"),
            ("examples", json!(vec![1; 21]), "20"),
            ("example", json!("x".repeat(300_000)), "262,144"),
            ("schema", json!({ "type": "strin" }), ""),
            ("schema", json!({ "$ref": "https://example.com/schema.json" }), ""),
        ] {
            let mut input = json!({ "type": "invoice.paid" });
            input[field] = value;
            let errors = checked(&input).err().unwrap_or_default();
            let at = if field == "example" { "examples" } else { field };
            assert!(
                errors
                    .iter()
                    .any(|error| error.starts_with(&format!("/{at}")) && error.contains(word)),
                "{field}: {errors:?}"
            );
        }
    }

    #[test]
    fn the_first_example_can_be_written_by_itself() {
        let both = checked(&json!({ "type": "a", "example": 2, "examples": [2, 3] })).unwrap();
        assert_eq!(both.examples, [json!(2), json!(3)]);
        let errors = checked(&json!({ "type": "a", "example": 1, "examples": [2, 3] }))
            .err()
            .unwrap_or_default();
        assert!(errors.iter().any(|error| error.starts_with("/example ")), "{errors:?}");
        let one = checked(&json!({ "type": "a", "example": { "a": null } })).unwrap();
        assert_eq!(one.examples, [json!({ "a": null })]);
    }

    #[test]
    fn examples_are_compared_with_the_schema() {
        let wrong = checked(
            &json!({ "type": "a", "schema": { "type": "object", "properties": { "n": { "type": "integer" } } },
            "examples": [{ "n": 1 }, { "n": "1" }] }),
        );
        let errors = wrong.unwrap().example_errors();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].pointer, "/examples/1/n");
    }
}
