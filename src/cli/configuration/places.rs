//! Where the values of a file are: line and column by JSON pointer.

use std::collections::HashMap;

/// A line and a column of a file, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// The places of all values.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<String, Place>);

impl Places {
    /// Notes where a value is.
    pub(super) fn note(&mut self, pointer: &str, place: Place) {
        self.0.insert(pointer.to_owned(), place);
    }

    /// The place of a value, or of the nearest one around it that the file has.
    pub(super) fn of(&self, pointer: &str) -> Option<Place> {
        // The API calls the first example `example`, also if it is written in the list.
        if let Some((entry, rest)) = pointer
            .split_once("/example/")
            .or_else(|| Some((pointer.strip_suffix("/example")?, "")))
            && !self.0.contains_key(&format!("{entry}/example"))
        {
            return self.nearest(&format!("{entry}/examples/0/{rest}"));
        }
        self.nearest(pointer)
    }

    fn nearest(&self, mut pointer: &str) -> Option<Place> {
        loop {
            if let Some(place) = self.0.get(pointer) {
                return Some(*place);
            }
            // What is written as a text of JSON has only one place.
            if let Some(place) = self.0.get(&format!("{pointer}_json")) {
                return Some(*place);
            }
            pointer = pointer.rsplit_once('/').map(|(parent, _)| parent)?;
        }
    }
}

/// The pointer of a member of an object.
pub(super) fn member(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The place of a byte in a text.
pub(super) fn place_of(text: &str, byte: usize) -> Place {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place { line, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_value_is_found() {
        let text = "a\nbé c\n";
        let mut places = Places::default();
        for (pointer, byte) in [
            ("", 0),
            ("/event_types/0", 0),
            ("/event_types/0/examples/0", 2),
            ("/event_types/0/schema_json", 6),
        ] {
            places.note(pointer, place_of(text, byte));
        }
        for (pointer, line, column) in [
            ("/webhooks/5/url", 1, 1),
            ("/event_types/0/example", 2, 1),
            ("/event_types/0/example/total", 2, 1),
            ("/event_types/0/schema/properties/a", 2, 4),
            ("/event_types/0/name", 1, 1),
        ] {
            assert_eq!(places.of(pointer), Some(Place { line, column }), "{pointer}");
        }
        assert_eq!(member("/a", "b/c~d"), "/a/b~1c~0d");
    }
}
