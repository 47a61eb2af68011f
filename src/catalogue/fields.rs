//! The fields of a callback's body, as the console shows them: read from the schema, in the order in which the payload types declare them.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::catalogue::{BuiltIn, schema::callback_schema};

/// Deeper than any payload: a type that held itself would have no end.
const DEEPEST: usize = 8;

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type as JSON has it, such as `string`, `object[]`; `any` when it may be everything.
    pub kind: String,
    /// The format of its texts, such as `uuid`.
    pub format: Option<String>,
    /// Whether it always stands there.
    pub required: bool,
    /// Whether null may stand for it.
    pub nullable: bool,
    /// What it means.
    pub description: String,
    /// All that it can be; empty when that is not said.
    pub values: Vec<FieldValue>,
    /// What is in it.
    pub fields: Vec<Self>,
}

/// Something that a field can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldValue {
    /// As it is written.
    pub value: String,
    /// What it means; empty when it is the only one.
    pub meaning: String,
}

/// The fields of a callback's body.
pub fn fields(event: BuiltIn) -> &'static [Field] {
    static FIELDS: [OnceLock<Vec<Field>>; BuiltIn::ALL.len()] = [const { OnceLock::new() }; BuiltIn::ALL.len()];
    FIELDS[event.index()].get_or_init(|| {
        let schema = callback_schema(event);
        let reader = Reader {
            definitions: schema.get("$defs").and_then(Value::as_object),
        };
        reader.fields(schema, 0)
    })
}

struct Reader<'a> {
    definitions: Option<&'a Map<String, Value>>,
}

/// A schema with its references followed.
struct Resolved<'a> {
    schema: &'a Value,
    nullable: bool,
}

impl<'a> Reader<'a> {
    fn fields(&self, object: &Value, depth: usize) -> Vec<Field> {
        let Some(properties) = object.get("properties").and_then(Value::as_object).filter(|_| depth < DEEPEST) else {
            return Vec::new();
        };
        let required: Vec<&str> = list(object, "required").collect();
        let field = |(name, schema): (&String, &Value)| self.field(name, schema, required.contains(&name.as_str()), depth);
        properties.iter().map(field).collect()
    }

    fn field(&self, name: &str, schema: &Value, required: bool, depth: usize) -> Field {
        let outer = self.resolve(schema);
        let (kind, null) = kind(outer.schema);
        let items = outer.schema.get("items").map(|items| self.resolve(items));
        let inner = items.as_ref().map_or(outer.schema, |items| items.schema);
        let (about, values) = values(inner);
        Field {
            name: name.to_owned(),
            kind: items
                .as_ref()
                .map_or_else(|| kind.to_owned(), |items| format!("{}[]", self::kind(items.schema).0)),
            format: text(inner, "format").map(str::to_owned),
            required,
            nullable: outer.nullable || null,
            description: text(schema, "description").unwrap_or(about).to_owned(),
            values,
            fields: self.fields(inner, depth + 1),
        }
    }

    /// Follows `$ref`, and "this or null".
    fn resolve(&self, schema: &'a Value) -> Resolved<'a> {
        let branches = schema.get("anyOf").and_then(Value::as_array);
        let is_null = |branch: &&Value| text(branch, "type") == Some("null");
        let nullable = branches.is_some_and(|branches| branches.iter().any(|branch| is_null(&branch)));
        let schema = branches
            .and_then(|branches| branches.iter().find(|branch| !is_null(branch)))
            .unwrap_or(schema);
        let name = text(schema, "$ref").and_then(|path| path.strip_prefix("#/$defs/"));
        let definition = name.and_then(|name| self.definitions?.get(name));
        Resolved {
            schema: definition.unwrap_or(schema),
            nullable,
        }
    }
}

/// The type without null, and whether null is one of them.
fn kind(schema: &Value) -> (&str, bool) {
    match schema.get("type") {
        Some(Value::String(kind)) => (kind, false),
        Some(Value::Array(kinds)) => {
            let named = kinds.iter().filter_map(Value::as_str);
            let kind = named.clone().find(|kind| *kind != "null");
            (kind.unwrap_or("null"), named.into_iter().any(|kind| kind == "null"))
        }
        _ => ("any", true),
    }
}

/// Splits a description that `schema_transform::ListedVariants` wrote: the text before the list of values, and the values with their meanings.
fn values(schema: &Value) -> (&str, Vec<FieldValue>) {
    let description = text(schema, "description").unwrap_or_default();
    if let Some(only) = text(schema, "const") {
        let value = FieldValue {
            value: only.to_owned(),
            meaning: String::new(),
        };
        return (description, vec![value]);
    }
    let mut about = description;
    let mut values = Vec::new();
    for value in list(schema, "enum") {
        let mark = format!("`{value}`: ");
        let after = description.split_once(&mark);
        if let Some((before, _)) = after.filter(|_| values.is_empty()) {
            about = before.trim_end();
        }
        let meaning = after.map(|(_, after)| after.split_once("; `").map_or(after.trim_end_matches('.'), |(meaning, _)| meaning));
        values.push(FieldValue {
            value: value.to_owned(),
            meaning: meaning.unwrap_or_default().to_owned(),
        });
    }
    (about, values)
}

fn text<'a>(schema: &'a Value, key: &str) -> Option<&'a str> {
    schema.get(key)?.as_str()
}

fn list<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    schema
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(event: BuiltIn, path: &str) -> &'a Field {
        let mut names = path.split('.');
        let in_list = |fields: &'static [Field], name: &str| fields.iter().find(|field| field.name == name).unwrap();
        let first = in_list(fields(event), names.next().unwrap());
        names.fold(first, |field, name| in_list(&field.fields, name))
    }

    #[test]
    fn fields_are_in_the_declared_order() {
        let names: Vec<&str> = fields(BuiltIn::VisitCreated).iter().map(|field| field.name.as_str()).collect();
        let envelope = ["id", "type", "timestamp", "source", "subject", "dataschema", "extensions", "data"];
        assert_eq!(names, envelope);
        let data: Vec<&str> = find(BuiltIn::AccessRequestCreated, "data").fields[0]
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(data[..3], ["id", "type", "status"]);
        let visitors = find(BuiltIn::VisitCreated, "data.visit.visitors");
        assert_eq!(
            (visitors.kind.as_str(), visitors.required, visitors.nullable),
            ("object[]", false, true)
        );
        assert_eq!(visitors.description, "The people who come.");
        assert_eq!(
            (visitors.fields[0].name.as_str(), visitors.fields[1].name.as_str()),
            ("id", "first_name")
        );
        let supervisors = find(BuiltIn::IdentityCreated, "data.identity.supervisors");
        assert_eq!(
            (supervisors.kind.as_str(), supervisors.format.as_deref()),
            ("string[]", Some("uuid"))
        );
        assert_eq!(find(BuiltIn::IdentityUpdated, "data.changes.old_value").kind, "any");
    }

    #[test]
    fn enum_values_have_their_meanings() {
        let status = find(BuiltIn::IdentityCreated, "data.identity.status");
        let value = |value: &str, meaning: &str| FieldValue {
            value: value.to_owned(),
            meaning: meaning.to_owned(),
        };
        assert_eq!(
            status.values,
            [
                value("active", "access works"),
                value("inactive", "access is withheld, the identity is kept")
            ]
        );
        assert_eq!(status.description, "Whether the person may use their access.");
        assert_eq!(find(BuiltIn::IdentityCreated, "type").values, [value("identity.created", "")]);
    }

    fn walk(fields: &[Field], seen: &mut impl FnMut(&Field)) {
        for field in fields {
            seen(field);
            walk(&field.fields, seen);
        }
    }

    #[test]
    fn every_field_has_a_description_and_only_optional_ones_are_nullable() {
        for event in BuiltIn::ALL {
            walk(fields(event), &mut |field| {
                assert!(
                    field.description.ends_with('.') && !field.description.contains("`: "),
                    "{event} {field:?}"
                );
                assert!(!(field.required && field.nullable), "{event} {field:?}");
                assert!(
                    field.values.len() < 2 || field.values.iter().all(|value| !value.meaning.is_empty()),
                    "{field:?}"
                );
                assert_eq!(
                    field.kind.starts_with("object") && !["custom_fields", "extensions"].contains(&field.name.as_str()),
                    !field.fields.is_empty(),
                    "{field:?}"
                );
            });
        }
    }
}
