//! Validates the `data` of an event against its JSON Schema. Errors are sentences for the publisher.

use std::sync::OnceLock;

use jsonschema::{
    Draft, JsonType, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;

use crate::catalogue::{BuiltIn, schema::data_schema};

/// Maximum number of reported errors.
const ERRORS_MAX: usize = 20;

/// Maximum length of a text in an error, in characters. Names of fields come from the publisher and may have any length.
const TEXT_MAX: usize = 300;

/// An error in the data of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    /// The JSON pointer of the value within `data`, such as `/identity/email`; empty for `data` itself.
    pub pointer: String,
    /// What is wrong, as a sentence. It never contains a value of the event, which may be confidential.
    pub detail: String,
}

/// Validates the data. Returns at most 20 errors, and none if the data is valid.
pub fn check_data(event: BuiltIn, data: &Value) -> Vec<DataError> {
    let validator = match validator(event) {
        Ok(validator) => validator,
        Err(reason) => return vec![DataError::new("", format!("The data cannot be checked: {reason}."))],
    };
    let mut found = Vec::new();
    for error in validator.iter_errors(data) {
        explain(&error, &mut found);
        if found.len() >= ERRORS_MAX {
            found.truncate(ERRORS_MAX);
            break;
        }
    }
    found
}

/// Compiling a schema takes much longer than validating, so each is compiled once. If that fails, all data is rejected with the reason.
fn validator(event: BuiltIn) -> &'static Result<Validator, String> {
    static VALIDATORS: [OnceLock<Result<Validator, String>>; BuiltIn::ALL.len()] = [const { OnceLock::new() }; BuiltIn::ALL.len()];
    VALIDATORS[event.index()].get_or_init(|| {
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        options.build(data_schema(event)).map_err(|error| error.to_string())
    })
}

impl DataError {
    fn new(pointer: &str, detail: String) -> Self {
        Self {
            pointer: cut(pointer.to_owned()),
            detail: cut(detail),
        }
    }

    /// An error of a member of the object at `pointer`.
    fn of_field(pointer: &str, field: &str, detail: String) -> Self {
        let escaped = field.replace('~', "~0").replace('/', "~1");
        Self::new(&format!("{pointer}/{escaped}"), detail)
    }
}

fn explain(error: &ValidationError<'_>, found: &mut Vec<DataError>) {
    let pointer = error.instance_path().as_str();
    let detail = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            found.extend(unexpected.iter().take(ERRORS_MAX).map(|field| {
                let name = cut_to(field.clone(), TEXT_MAX / 2);
                DataError::of_field(
                    pointer,
                    field,
                    format!("There is no field `{name}` here; its name may be misspelt."),
                )
            }));
            return;
        }
        ValidationErrorKind::Required { property } => {
            let field = property.as_str().unwrap_or_default();
            found.push(DataError::of_field(pointer, field, format!("The field `{field}` is required.")));
            return;
        }
        ValidationErrorKind::AnyOf { context } => {
            // The schema of an optional object is `anyOf` the object and null. The errors of the object are those that help the publisher.
            let branches = context
                .iter()
                .filter(|branch| !branch.iter().any(|error| wants_null(error, pointer)));
            let before = found.len();
            branches.flatten().for_each(|error| explain(error, found));
            if found.len() > before {
                return;
            }
            "This is none of what may stand here.".to_owned()
        }
        ValidationErrorKind::Type { kind } => format!(
            "This must be {}, not {}.",
            types(kind),
            a_type(JsonType::from(error.instance().as_ref()))
        ),
        ValidationErrorKind::Format { format } => format!("This must be {}.", a_format(format)),
        ValidationErrorKind::Enum { options } => format!("This must be one of {}.", listed(options)),
        ValidationErrorKind::MinLength { .. } => "This must not be empty.".to_owned(),
        other => format!("This does not satisfy the schema's `{}`.", other.keyword()),
    };
    let error = DataError::new(pointer, detail);
    // A value of the wrong type also violates `enum`. Only the first error is reported.
    if found.last().is_none_or(|last| last.pointer != error.pointer) {
        found.push(error);
    }
}

fn wants_null(error: &ValidationError<'_>, pointer: &str) -> bool {
    let null_alone = matches!(
        error.kind(),
        ValidationErrorKind::Type {
            kind: TypeKind::Single(JsonType::Null)
        }
    );
    null_alone && error.instance_path().as_str() == pointer
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => a_type(*one).to_owned(),
        TypeKind::Multiple(several) => {
            // The set begins with null. The sentence reads better if it ends with null.
            let mut names: Vec<&str> = several.iter().map(a_type).collect();
            names.reverse();
            names.join(" or ")
        }
    }
}

const fn a_type(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "a list",
        JsonType::Object => "an object",
    }
}

fn a_format(format: &str) -> &str {
    match format {
        "uuid" => "a UUID",
        "email" => "an e-mail address",
        "date-time" => "a date and time as RFC 3339 writes them, such as 2026-03-09T08:30:00Z",
        "uri" => "an absolute URL",
        other => other,
    }
}

fn listed(options: &Value) -> String {
    let names = options.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn cut(text: String) -> String {
    cut_to(text, TEXT_MAX)
}

fn cut_to(mut text: String, longest: usize) -> String {
    if text.chars().nth(longest).is_some() {
        // One character goes to the mark that something is missing.
        let end = text.char_indices().nth(longest - 1).map_or(text.len(), |(place, _)| place);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalogue::example::example_data;

    /// The example with the value at the pointer replaced.
    fn with(event: BuiltIn, pointer: &str, value: Value) -> Value {
        let mut data = example_data(event);
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        match data.pointer_mut(parent).unwrap() {
            Value::Array(list) => list[field.parse::<usize>().unwrap()] = value,
            parent => parent[field] = value,
        }
        data
    }

    fn one(pointer: &str, detail: &str) -> Vec<DataError> {
        vec![DataError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        }]
    }

    #[test]
    fn check_accepts_every_example() {
        for event in BuiltIn::ALL {
            assert_eq!(check_data(event, &example_data(event)), [], "{event}");
        }
    }

    #[test]
    fn unknown_field_is_rejected_and_named() {
        let data = with(BuiltIn::IdentityCreated, "/identity/emial", json!("x@example.com"));
        let expected = one("/identity/emial", "There is no field `emial` here; its name may be misspelt.");
        assert_eq!(check_data(BuiltIn::IdentityCreated, &data), expected);
        let data = with(BuiltIn::IdentityCreated, "/identity/a~1b", json!(1));
        assert_eq!(check_data(BuiltIn::IdentityCreated, &data)[0].pointer, "/identity/a~01b");
    }

    #[test]
    fn custom_fields_accept_any_value() {
        let free = json!({"emial": 1, "": null, "deep": [{"er": true}]});
        let data = with(BuiltIn::IdentityCreated, "/identity/custom_fields", free);
        assert_eq!(check_data(BuiltIn::IdentityCreated, &data), []);
        let data = with(BuiltIn::IdentityCreated, "/identity/custom_fields", json!([]));
        assert_eq!(
            check_data(BuiltIn::IdentityCreated, &data)[0].detail,
            "This must be an object or null, not a list."
        );
    }

    #[test]
    fn required_field_is_neither_absent_nor_null() {
        let mut data = example_data(BuiltIn::IdentityCreated);
        data["identity"].as_object_mut().unwrap().remove("last_name");
        let expected = one("/identity/last_name", "The field `last_name` is required.");
        assert_eq!(check_data(BuiltIn::IdentityCreated, &data), expected);
        let data = with(BuiltIn::IdentityCreated, "/identity/last_name", Value::Null);
        let expected = one("/identity/last_name", "This must be a string, not null.");
        assert_eq!(check_data(BuiltIn::IdentityCreated, &data), expected);
    }

    #[test]
    fn optional_field_is_absent_or_null() {
        let bare = json!({"identity": {
            "id": "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f01", "first_name": "Marta", "last_name": "Lindqvist", "status": "active",
            "created_at": "2026-03-09T08:30:00Z", "updated_at": "2026-03-09T08:30:00+01:00",
        }});
        assert_eq!(check_data(BuiltIn::IdentityCreated, &bare), []);
        for (event, pointer) in [
            (BuiltIn::IdentityCreated, "/identity/email"),
            (BuiltIn::IdentityCreated, "/identity/supervisors"),
            (BuiltIn::IdentityCreated, "/identity/custom_fields"),
            (BuiltIn::IdentityUpdated, "/changes"),
            (BuiltIn::IdentityUpdated, "/changes/0/old_value"),
            (BuiltIn::AccessRequestUpdated, "/previous_status"),
            (BuiltIn::AccessRequestUpdated, "/request/subject"),
            (BuiltIn::VisitUpdated, "/visit/host"),
        ] {
            assert_eq!(check_data(event, &with(event, pointer, Value::Null)), [], "{pointer}");
        }
    }

    #[test]
    fn wrong_value_is_rejected_with_its_pointer() {
        let time = "This must be a date and time as RFC 3339 writes them, such as 2026-03-09T08:30:00Z.";
        for (event, pointer, value, detail) in [
            (
                BuiltIn::IdentityCreated,
                "/identity/email",
                json!("marta"),
                "This must be an e-mail address.",
            ),
            (BuiltIn::IdentityCreated, "/identity/id", json!("417"), "This must be a UUID."),
            (
                BuiltIn::IdentityCreated,
                "/identity/supervisors/0",
                json!("jonas"),
                "This must be a UUID.",
            ),
            (BuiltIn::IdentityCreated, "/identity/created_at", json!("2026-03-09"), time),
            (
                BuiltIn::IdentityCreated,
                "/identity/activation_date",
                json!("2026-03-09T08:30:00"),
                time,
            ),
            (
                BuiltIn::IdentityCreated,
                "/identity/link",
                json!("identities/7"),
                "This must be an absolute URL.",
            ),
            (
                BuiltIn::IdentityCreated,
                "/identity/first_name",
                json!(""),
                "This must not be empty.",
            ),
            (
                BuiltIn::IdentityCreated,
                "/identity/status",
                json!("gone"),
                "This must be one of `active`, `inactive`.",
            ),
            (
                BuiltIn::RoleMembershipChanged,
                "/action",
                json!("joined"),
                "This must be one of `added`, `removed`.",
            ),
            (
                BuiltIn::RoleMembershipChanged,
                "/member/email",
                json!("marta"),
                "This must be an e-mail address.",
            ),
            (
                BuiltIn::VisitUpdated,
                "/visit/visitors/1/status",
                json!("late"),
                "This must be one of `expected`, `checked_in`, `checked_out`, `no_show`.",
            ),
        ] {
            assert_eq!(check_data(event, &with(event, pointer, value)), one(pointer, detail));
        }
    }

    #[test]
    fn error_inside_an_optional_object_is_found() {
        let event = BuiltIn::AccessRequestUpdated;
        let data = with(event, "/request/subject/email", json!("marta"));
        assert_eq!(
            check_data(event, &data),
            one("/request/subject/email", "This must be an e-mail address.")
        );
        let data = with(event, "/request/area", json!("Laboratory 3"));
        assert_eq!(
            check_data(event, &data),
            one("/request/area", "This must be an object, not a string.")
        );
        let data = with(event, "/request/approvers/1/decision", json!("maybe"));
        let expected = one(
            "/request/approvers/1/decision",
            "This must be one of `pending`, `approved`, `denied`.",
        );
        assert_eq!(check_data(event, &data), expected);
    }

    #[test]
    fn value_with_two_faults_gives_one_error() {
        let data = with(BuiltIn::IdentityCreated, "/identity/status", json!(3));
        let expected = one("/identity/status", "This must be a string, not a number.");
        assert_eq!(check_data(BuiltIn::IdentityCreated, &data), expected);
    }

    #[test]
    fn data_other_than_an_object_is_rejected() {
        assert_eq!(
            check_data(BuiltIn::VisitCreated, &json!([])),
            one("", "This must be an object, not a list.")
        );
    }

    #[test]
    fn number_and_length_of_errors_are_bounded() {
        let long = "é".repeat(5_000);
        let mut fields: serde_json::Map<String, Value> = (0..100).map(|n| (format!("{n:03}{long}"), json!(long))).collect();
        fields.insert("status".to_owned(), json!(long));
        let errors = check_data(BuiltIn::IdentityCreated, &json!({"identity": fields}));
        assert_eq!(errors.len(), ERRORS_MAX);
        assert!(
            errors
                .iter()
                .all(|error| error.detail.chars().count() <= TEXT_MAX && error.pointer.chars().count() <= TEXT_MAX)
        );
    }
}
