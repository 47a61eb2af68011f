//! Addresses of the pages of event types.

use crate::{console::href::event_type_path, domain::event_type::EventType};

/// The list.
pub(in crate::console) const LIST: &str = "/event-types";
/// The form of a new type.
pub(super) const NEW: &str = "/event-types/new";
/// The import.
pub(super) const IMPORT: &str = "/event-types/import";
/// The archive with all schemas, examples and declarations.
pub(in crate::console) const ARCHIVE: &str = "/event-types.zip";

/// A page or file below the page of a type, such as `edit`.
pub(in crate::console) fn below(event_type: &EventType, rest: &str) -> String {
    format!("{}/{rest}", event_type_path(event_type))
}

/// The name of a type as one segment of a path. Of its characters only `/` has a meaning there.
pub(super) fn segment(name: &str) -> String {
    name.replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_type_is_one_segment() {
        let event_type: EventType = "urn:orders/created".parse().unwrap();
        assert_eq!(below(&event_type, "edit"), "/event-types/urn:orders%2Fcreated/edit");
    }
}
