//! The invented people and things of the examples. All examples use the same ones.

use uuid::Uuid;

use crate::catalogue::{
    request::{Approver, Decision},
    value::{Area, Id, Person},
};

pub(super) const MARTA: Id = id(0x01);
pub(super) const JONAS: Id = id(0x02);
pub(super) const INES: Id = id(0x04);
pub(super) const ACCESS_REQUEST: Id = id(0x12);
pub(super) const VISIT_EVENT: Id = id(0x13);
const PRIYA: Id = id(0x03);
const LABORATORY: Id = id(0x21);

/// An id for examples. Used so far: 01 to 05 for people, 11 to 16 for the subjects of events, 21 for an area, 22 for a kiosk.
pub(super) const fn id(last: u8) -> Id {
    Id(Uuid::from_u128(0x018f_3c5e_7a10_7c4e_9b21_5d0c_6a9e_4f00 | last as u128))
}

pub(super) fn marta() -> Person {
    Person {
        id: MARTA,
        name: "Marta Lindqvist".into(),
        email: Some("marta.lindqvist@example.com".into()),
    }
}

pub(super) fn priya() -> Person {
    Person {
        id: PRIYA,
        name: "Priya Raman".into(),
        email: Some("priya.raman@example.com".into()),
    }
}

pub(super) fn jonas() -> Person {
    Person {
        id: JONAS,
        name: "Jonas Weber".into(),
        email: Some("jonas.weber@example.com".into()),
    }
}

pub(super) fn jonas_to_approve() -> Approver {
    to_approve(jonas())
}

pub(super) fn priya_to_approve() -> Approver {
    to_approve(priya())
}

pub(super) fn laboratory() -> Area {
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
