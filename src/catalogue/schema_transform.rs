//! A transformation of the schemas that schemars derives.

use schemars::{
    Schema,
    transform::{Transform, transform_subschemas},
};
use serde_json::{Value, json};

/// Writes an enumeration as one `enum`, whose description explains the variants.
///
/// schemars derives a `oneOf` of constants, from which code generators make a union of types, and validators make errors that are hard to
/// read.
#[derive(Clone, Debug)]
pub(super) struct ListedVariants;

impl Transform for ListedVariants {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(variants) = schema.get("oneOf").and_then(Value::as_array) else {
            return;
        };
        let named: Vec<(&str, &str)> = variants
            .iter()
            .filter_map(|variant| Some((variant.get("const")?.as_str()?, variant.get("description")?.as_str()?)))
            .collect();
        if named.len() != variants.len() {
            return;
        }
        let meanings: Vec<String> = named.iter().map(|(name, meaning)| format!("`{name}`: {meaning}")).collect();
        let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let description = format!("{about} {}.", meanings.join("; "));
        let listed: Vec<String> = named.iter().map(|(name, _)| (*name).to_owned()).collect();
        schema.remove("oneOf");
        schema.insert("type".to_owned(), json!("string"));
        schema.insert("enum".to_owned(), json!(listed));
        schema.insert("description".to_owned(), json!(description.trim_start()));
    }
}
