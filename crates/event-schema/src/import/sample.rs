//! Event types from examples only: the schema is inferred.

use serde_json::Value;

use super::{Import, ImportError, ImportedType, name};
use crate::infer;

/// Adds a type for each name among the examples. CloudEvents and bodies of callbacks name their own type, and their `data` is the example; any
/// other JSON is an example of the type that the file is named after.
pub(super) fn read(import: &mut Import<'_>, examples: Vec<(String, &Value)>, file_stem: Option<&str>) {
    // In the order of their first examples.
    let mut types: Vec<(Name, String, Vec<Value>)> = Vec::new();
    for (at, example) in examples {
        let (names, data) = match envelope(example) {
            Some((event_type, data)) => (Name::Stated(event_type.to_owned()), data.cloned()),
            None => (
                file_stem.map_or(Name::None, |stem| Name::OfFile(stem.to_owned())),
                Some(example.clone()),
            ),
        };
        let index = types.iter().position(|(known, _, _)| *known == names).unwrap_or_else(|| {
            types.push((names, at, Vec::new()));
            types.len() - 1
        });
        types[index].2.extend(data);
    }
    for (names, pointer, examples) in types {
        let valid = match &names {
            Name::Stated(stated) => match name::check(stated) {
                Ok(()) => Ok(stated.clone()),
                Err(reason) => Err(format!("The `type` “{stated}” of the example is not valid: it {reason}.")),
            },
            Name::OfFile(stem) => name::first_valid(std::slice::from_ref(stem)),
            Name::None => Err(
                "The example names no type. Give it as a CloudEvent with `type` and `data`, or name the file after the type, such as `invoice.paid.json`."
                    .to_owned(),
            ),
        };
        let added = match valid {
            Ok(event_type) => import.push(ImportedType {
                name: name::for_people(&event_type),
                event_type,
                description: String::new(),
                group: None,
                schema: (!examples.is_empty()).then(|| infer::schema_of(&examples)),
                examples,
                pointer,
            }),
            Err(detail) => Err(ImportError::new(pointer, detail)),
        };
        if let Err(error) = added {
            import.error(error.pointer, error.detail);
        }
    }
}

/// What names the type of an example.
#[derive(PartialEq)]
enum Name {
    Stated(String),
    OfFile(String),
    None,
}

/// The type and data of an example that is a CloudEvent or the body of a callback.
fn envelope(example: &Value) -> Option<(&str, Option<&Value>)> {
    let event_type = example.get("type")?.as_str()?;
    let is_event = example.get("specversion").is_some_and(Value::is_string);
    (is_event || example.get("data").is_some()).then_some((event_type, example.get("data")))
}
