//! Examples of callbacks, made from the examples of the payload types.

use serde_json::Value;

use crate::catalogue::{
    BuiltIn,
    payload::{Envelope, to_json},
};

/// An example of the `data` of an event type, with invented people and fixed ids and times.
pub fn example_data(event: BuiltIn) -> Value {
    (event.payload().example)()
}

/// An example of a callback's body.
pub fn example_body(event: BuiltIn) -> Value {
    let mut body = to_json(&envelope(event));
    body["data"] = example_data(event);
    body
}

/// The `subject` that belongs to [`example_data`]: the kind and the id of the object that the event is about.
pub fn example_subject(event: BuiltIn) -> String {
    let (kind, id) = event.payload().subject;
    format!("{kind}/{}", id.0)
}

fn envelope(event: BuiltIn) -> Envelope {
    Envelope {
        id: "01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05",
        event_type: event.as_str(),
        timestamp: "2026-11-23T09:00:00.000Z",
        source: "https://clearid.example.com",
        subject: example_subject(event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_deserializes_as_its_type() {
        for event in BuiltIn::ALL {
            let example = example_data(event);
            assert!(example.is_object(), "{event}");
            assert_eq!((event.payload().round_trip)(example.clone()), example, "{event}");
        }
    }

    #[test]
    fn the_body_has_the_fields_of_the_envelope_in_order() {
        for event in BuiltIn::ALL {
            let text = example_body(event).to_string();
            let positions =
                ["\"id\"", "\"type\"", "\"timestamp\"", "\"source\"", "\"subject\"", "\"data\""].map(|name| text.find(name).unwrap());
            assert!(positions.is_sorted(), "{text}");
            assert_eq!(example_body(event)["data"], example_data(event));
        }
    }

    #[test]
    fn example_subject_names_the_object_of_the_data() {
        for event in BuiltIn::ALL {
            let data = example_data(event);
            let mut members = data.as_object().unwrap().values();
            let object = members.find(|member| member.get("link").is_some()).unwrap();
            let id = object["id"].as_str().unwrap();
            assert!(example_subject(event).ends_with(&format!("/{id}")), "{event}");
            assert!(object["link"].as_str().unwrap().ends_with(&format!("/{id}")), "{event}");
        }
    }
}
