//! The `data` of the events about visitors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{
    payload::Payload,
    sample,
    value::{Email, Id, Link, Name, Person, Timestamp},
};

family! {
    group_visitors:
    /// `visitor.checked_in`
    VisitorCheckedIn = "visitor.checked_in", [visitor_checked_in_name, visitor_checked_in_summary, visitor_checked_in_description];
    /// `visitor.checked_out`
    VisitorCheckedOut = "visitor.checked_out", [visitor_checked_out_name, visitor_checked_out_summary, visitor_checked_out_description];
}

/// The data of a "Visitor check-in" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitorCheckedIn {
    /// The visitor who arrived.
    pub visitor: Visitor,
    /// When the visitor arrived.
    pub checked_in_at: Timestamp,
    /// Who or what checked the visitor in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_in_by: Option<CheckedBy>,
}

/// The data of a "Visitor check-out" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitorCheckedOut {
    /// The visitor who left.
    pub visitor: Visitor,
    /// When the visitor arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_in_at: Option<Timestamp>,
    /// When the visitor left.
    pub checked_out_at: Timestamp,
    /// Who or what checked the visitor out. Absent or null: the system did, at the end of the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_out_by: Option<CheckedBy>,
}

/// A person from outside who comes to a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Visitor {
    /// The id of the visitor; the same on a later visit.
    pub id: Id,
    /// The visitor's first (given) name.
    pub first_name: Name,
    /// The visitor's last (family) name.
    pub last_name: Name,
    /// Whether the visitor has come.
    pub status: VisitorStatus,
    /// The visitor's e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The visitor's telephone number, as it was entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The company the visitor comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Who receives the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Person>,
    /// The visit event that the visitor comes for. Absent or null: the visitor came without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_event: Option<VisitEventReference>,
    /// The name of the site that is visited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The label of the badge that the visitor wears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<String>,
    /// The address of the visitor's page, for a person to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// Whether a visitor has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitorStatus {
    /// not there yet
    Expected,
    /// on site
    CheckedIn,
    /// has left
    CheckedOut,
    /// did not come
    NoShow,
}

/// A visit event, by id and title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitEventReference {
    /// The id of the visit event.
    pub id: Id,
    /// The title of the visit event.
    pub title: Name,
}

/// Who or what checked a visitor in or out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckedBy {
    /// Whether it was a kiosk or a person.
    #[serde(rename = "type")]
    pub kind: CheckedByType,
    /// The id of the kiosk, or of the person's identity.
    pub id: Id,
    /// The name of the kiosk, or the person's full name.
    pub name: Name,
}

/// Whether a kiosk or a person checked a visitor in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckedByType {
    /// a self-service terminal, which the visitor used
    Kiosk,
    /// a member of staff, such as a receptionist
    Person,
}

impl Payload for VisitorCheckedIn {
    const SUBJECT: (&'static str, Id) = ("visitor", sample::INES);

    /// An auditor arrives and uses the kiosk in the lobby.
    fn example() -> Self {
        Self {
            visitor: Visitor::example(),
            checked_in_at: "2026-06-18T12:52:33Z".into(),
            checked_in_by: Some(CheckedBy {
                kind: CheckedByType::Kiosk,
                id: sample::id(0x22),
                name: "Lobby kiosk 1".into(),
            }),
        }
    }
}

impl Payload for VisitorCheckedOut {
    const SUBJECT: (&'static str, Id) = ("visitor", sample::INES);

    /// The same auditor returns the badge at the reception desk.
    fn example() -> Self {
        let receptionist = sample::jonas();
        Self {
            visitor: Visitor {
                status: VisitorStatus::CheckedOut,
                ..Visitor::example()
            },
            checked_in_at: Some("2026-06-18T12:52:33Z".into()),
            checked_out_at: "2026-06-18T16:41:10Z".into(),
            checked_out_by: Some(CheckedBy {
                kind: CheckedByType::Person,
                id: receptionist.id,
                name: receptionist.name,
            }),
        }
    }
}

impl Visitor {
    fn example() -> Self {
        Self {
            id: sample::INES,
            first_name: "Ines".into(),
            last_name: "Carvalho".into(),
            status: VisitorStatus::CheckedIn,
            email: Some("ines.carvalho@audit.example.com".into()),
            phone: Some("+351 21 555 0190".to_owned()),
            company: Some("Meridian Audit".to_owned()),
            host: Some(sample::marta()),
            visit_event: Some(VisitEventReference {
                id: sample::VISIT_EVENT,
                title: "Quarterly audit".into(),
            }),
            site: Some("Montreal Campus".to_owned()),
            badge: Some("Visitor 12".to_owned()),
            link: Some("https://access.example.com/visitors/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f04".into()),
        }
    }
}
