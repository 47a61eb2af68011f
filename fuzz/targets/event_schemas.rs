//! A text is either admitted as the schema of an event type or refused with a sentence. With an admitted schema everything that is made of one
//! works: validation, fields, the callback's schema and TypeScript. After a line with `---` the text contains data.
#![no_main]

use event_schema::{EventSchema, envelope::callback_schema, fields::fields, typescript::declaration};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    let (text, data) = text.split_once("\n---\n").unwrap_or((text, "{}"));
    let schema = match EventSchema::parse(text) {
        Ok(schema) => schema,
        Err(errors) => {
            assert!(!errors.is_empty() && errors.iter().all(|error| !error.detail.is_empty()));
            return;
        }
    };
    let data: Value = serde_json::from_str(data).unwrap_or_default();
    assert_eq!(schema.accepts(&data), schema.errors(&data).is_empty());
    let callback = callback_schema("a.b", "A", "", Some(schema.value()));
    assert!(!fields(&callback).is_empty());
    assert!(!declaration("a.b", "A", &callback).is_empty());
    assert!(EventSchema::from_value(schema.value().clone()).is_ok());
});
