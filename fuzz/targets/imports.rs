//! Any file is either imported or refused with sentences. What is imported has valid names, and its schemas are admitted or refused, never a panic.
#![no_main]

use event_schema::{
    EventSchema,
    import::{check_type, read_all},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = read_all(bytes, Some("file.yaml"));
    assert!(!file.types.is_empty() || !file.errors.is_empty());
    assert!(file.errors.iter().all(|error| !error.detail.is_empty()));
    for one in &file.types {
        assert!(check_type(&one.event_type).is_ok(), "{}", one.event_type);
        if let Some(schema) = &one.schema {
            let _ = EventSchema::from_value(schema.clone());
        }
    }
});
