//! What the comparison of two schemas calls compatible is compatible for the given data, and a schema is compatible with itself. The parts of the
//! text, separated by lines with `---`, are the old schema, the new schema and data.
#![no_main]

use event_schema::{
    EventSchema,
    compatibility::{Breaks, compare},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    let mut parts = text.split("\n---\n");
    let (Some(old), Some(new)) = (parts.next(), parts.next()) else { return };
    let (Ok(old), Ok(new)) = (EventSchema::parse(old), EventSchema::parse(new)) else {
        return;
    };
    let changes = compare(Some(&old), Some(&new));
    assert!(changes.iter().all(|change| !change.detail.is_empty()));
    let breaks = |who: Breaks| changes.iter().any(|change| change.breaks == who);
    for data in parts.filter_map(|text| serde_json::from_str::<Value>(text).ok()) {
        let (by_old, by_new) = (old.accepts(&data), new.accepts(&data));
        assert!(!(by_old && !by_new) || breaks(Breaks::Publishers), "publishers were said not to break");
        assert!(!(by_new && !by_old) || breaks(Breaks::Receivers), "receivers were said not to break");
    }
    assert!(compare(Some(&old), Some(&old)).is_empty(), "a schema breaks nothing that it was before");
});
