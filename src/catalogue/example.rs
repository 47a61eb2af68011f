//! An example of every event. They are made from the payload types, so neither can change without the other.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::catalogue::{
    EventType,
    access_request::{AccessRequestCreated, AccessRequestUpdated},
    identity::{IdentityCreated, IdentityDeleted, IdentityUpdated},
    identity_request::{IdentityRequestCreated, IdentityRequestUpdated},
    request::{Approver, Decision},
    role::RoleMembershipChanged,
    value::{Area, Id, Person},
    visit::{VisitCreated, VisitUpdated},
};

// The people and things the examples speak of: the same from one event to the next, so that they read as one story.
pub(crate) const MARTA: Id = id(0x01);
pub(crate) const JONAS: Id = id(0x02);
const PRIYA: Id = id(0x03);
pub(crate) const FIRST_VISITOR: Id = id(0x04);
pub(crate) const SECOND_VISITOR: Id = id(0x05);
pub(crate) const IDENTITY_REQUEST: Id = id(0x11);
pub(crate) const ACCESS_REQUEST: Id = id(0x12);
pub(crate) const VISIT: Id = id(0x13);
pub(crate) const ROLE: Id = id(0x14);
const LABORATORY: Id = id(0x21);

/// A callback's body around an example.
#[derive(Serialize)]
struct Body<'a, T> {
    id: &'static str,
    #[serde(rename = "type")]
    event_type: EventType,
    timestamp: &'static str,
    source: &'static str,
    subject: String,
    data: &'a T,
}

/// Does something with the example of an event, which is of another type for each.
macro_rules! with_example {
    ($event:expr, $data:ident => $done:expr) => {
        with_example!(@ $event, $data => $done, IdentityCreated IdentityUpdated IdentityDeleted IdentityRequestCreated
            IdentityRequestUpdated AccessRequestCreated AccessRequestUpdated VisitCreated VisitUpdated RoleMembershipChanged)
    };
    (@ $event:expr, $data:ident => $done:expr, $($name:ident)*) => {
        match $event {
            $(EventType::$name => {
                let $data = &$name::example();
                $done
            })*
        }
    };
}

/// The `data` of an event of this type: invented people with fixed ids and times, the same on every call.
pub fn example_data(event: EventType) -> Value {
    with_example!(event, data => written(data))
}

/// A callback's body as a receiver would get it.
pub fn example_body(event: EventType) -> Value {
    with_example!(event, data => written(&body(event, data)))
}

/// The same as text, indented, with every field where its type has it.
pub fn example_text(event: EventType) -> String {
    with_example!(event, data => serde_json::to_string_pretty(&body(event, data)).unwrap_or_default())
}

fn body<T>(event_type: EventType, data: &T) -> Body<'_, T> {
    Body {
        id: "01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05",
        event_type,
        timestamp: "2026-11-23T09:00:00.000Z",
        source: "https://clearid.example.com",
        subject: example_subject(event_type),
        data,
    }
}

/// The `subject` that goes with [`example_data`]: the noun and the id of the thing the event is about.
pub fn example_subject(event: EventType) -> String {
    let (noun, id) = match event {
        EventType::IdentityCreated | EventType::IdentityUpdated | EventType::IdentityDeleted => ("identity", MARTA),
        EventType::IdentityRequestCreated | EventType::IdentityRequestUpdated => ("identity_request", IDENTITY_REQUEST),
        EventType::AccessRequestCreated | EventType::AccessRequestUpdated => ("access_request", ACCESS_REQUEST),
        EventType::VisitCreated | EventType::VisitUpdated => ("visit", VISIT),
        EventType::RoleMembershipChanged => ("role", ROLE),
    };
    format!("{noun}/{}", id.0)
}

pub(crate) fn marta() -> Person {
    Person {
        id: MARTA,
        name: "Marta Lindqvist".into(),
        email: Some("marta.lindqvist@example.com".into()),
    }
}

pub(crate) fn priya() -> Person {
    Person {
        id: PRIYA,
        name: "Priya Raman".into(),
        email: Some("priya.raman@example.com".into()),
    }
}

pub(crate) fn jonas_to_approve() -> Approver {
    to_approve(Person {
        id: JONAS,
        name: "Jonas Weber".into(),
        email: Some("jonas.weber@example.com".into()),
    })
}

pub(crate) fn priya_to_approve() -> Approver {
    to_approve(priya())
}

pub(crate) fn laboratory() -> Area {
    Area {
        id: LABORATORY,
        name: "Laboratory 3".into(),
    }
}

fn to_approve(person: Person) -> Approver {
    Approver {
        id: person.id,
        name: person.name,
        email: person.email,
        decision: Some(Decision::Pending),
        decided_at: None,
        comment: None,
    }
}

const fn id(last: u8) -> Id {
    Id(Uuid::from_u128(0x018f_3c5e_7a10_7c4e_9b21_5d0c_6a9e_4f00 | last as u128))
}

/// Writing these types cannot fail: their only maps have texts for keys. The tests would see the null.
fn written(data: &impl Serialize) -> Value {
    serde_json::to_value(data).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;

    use super::*;

    fn reads_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(example: &T) {
        assert_eq!(&serde_json::from_value::<T>(written(example)).unwrap(), example);
    }

    #[test]
    fn every_example_reads_back_as_its_type() {
        reads_back(&IdentityCreated::example());
        reads_back(&IdentityUpdated::example());
        reads_back(&IdentityDeleted::example());
        reads_back(&IdentityRequestCreated::example());
        reads_back(&IdentityRequestUpdated::example());
        reads_back(&AccessRequestCreated::example());
        reads_back(&AccessRequestUpdated::example());
        reads_back(&VisitCreated::example());
        reads_back(&VisitUpdated::example());
        reads_back(&RoleMembershipChanged::example());
    }

    #[test]
    fn the_text_is_the_body_in_the_order_of_its_types() {
        for event in EventType::ALL {
            let text = example_text(event);
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), example_body(event));
            assert_eq!(example_body(event)["data"], example_data(event));
            let places =
                ["\"id\"", "\"type\"", "\"timestamp\"", "\"source\"", "\"subject\"", "\"data\""].map(|name| text.find(name).unwrap());
            assert!(places.is_sorted(), "{text}");
        }
    }

    #[test]
    fn the_subject_and_the_link_name_what_the_data_holds() {
        for event in EventType::ALL {
            let data = example_data(event);
            let object = ["identity", "request", "visit", "role"]
                .iter()
                .find_map(|noun| data.get(noun))
                .unwrap();
            let id = object["id"].as_str().unwrap();
            assert!(example_subject(event).ends_with(&format!("/{id}")), "{event}");
            assert!(object["link"].as_str().unwrap().ends_with(&format!("/{id}")), "{event}");
        }
    }
}
