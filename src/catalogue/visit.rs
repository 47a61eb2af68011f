//! The `data` of the events about visits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{
    payload::Payload,
    request::{Approver, Decision},
    sample,
    value::{Email, Id, Link, Name, Person, Timestamp},
};

/// The visit of the examples.
const VISIT: Id = sample::id(0x13);

/// The data of a "Visit created" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitCreated {
    /// The visit as it was requested.
    pub visit: Visit,
}

/// The data of a "Visit updated" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitUpdated {
    /// The whole visit after the change.
    pub visit: Visit,
    /// The status before the change. The same as the present one when something else changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<VisitStatus>,
}

/// A visit: people from outside who come to a site to meet a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// The id of the visit.
    pub id: Id,
    /// The name of the visit, such as "Quarterly audit".
    pub name: Name,
    /// Where the visit stands.
    pub status: VisitStatus,
    /// Who asked for the visit; often the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<Person>,
    /// Who receives the visitors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Person>,
    /// The people who come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitors: Option<Vec<Visitor>>,
    /// The name of the site that is visited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// When the visit is to begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// When the visit is to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Those who have to approve the visit, in the order in which they are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvers: Option<Vec<Approver>>,
    /// What the requester wrote about the visit, such as its purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When the visit was requested.
    pub created_at: Timestamp,
    /// When the visit last changed.
    pub updated_at: Timestamp,
    /// The address of the visit's page, for a person to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// Where a visit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitStatus {
    /// waits for at least one approver
    Pending,
    /// may take place
    Approved,
    /// an approver refused
    Denied,
    /// called off
    Cancelled,
    /// at least one visitor is on site
    InProgress,
    /// over, and every visitor has left
    Completed,
    /// nobody decided, or nobody came, in time
    Expired,
}

/// A person who comes to visit.
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
    /// When the visitor arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_in_at: Option<Timestamp>,
    /// When the visitor left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_out_at: Option<Timestamp>,
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

impl Payload for VisitCreated {
    const SUBJECT: (&'static str, Id) = ("visit", VISIT);

    /// Two auditors, announced by their host.
    fn example() -> Self {
        Self { visit: Visit::example() }
    }
}

impl Payload for VisitUpdated {
    const SUBJECT: (&'static str, Id) = ("visit", VISIT);

    /// The same visit on the day: approved, and the first auditor has arrived.
    fn example() -> Self {
        let (first, second) = Visitor::examples();
        Self {
            visit: Visit {
                status: VisitStatus::InProgress,
                visitors: Some(vec![
                    Visitor {
                        status: VisitorStatus::CheckedIn,
                        checked_in_at: Some("2026-06-18T12:52:33Z".into()),
                        ..first
                    },
                    second,
                ]),
                approvers: Some(vec![Approver {
                    decision: Some(Decision::Approved),
                    decided_at: Some("2026-06-10T16:30:00Z".into()),
                    ..sample::priya_to_approve()
                }]),
                updated_at: "2026-06-18T12:52:33Z".into(),
                ..Visit::example()
            },
            previous_status: Some(VisitStatus::Approved),
        }
    }
}

impl Visit {
    fn example() -> Self {
        let (first, second) = Visitor::examples();
        Self {
            id: VISIT,
            name: "Quarterly audit".into(),
            status: VisitStatus::Pending,
            requester: Some(sample::marta()),
            host: Some(sample::marta()),
            visitors: Some(vec![first, second]),
            site: Some("Montreal Campus".to_owned()),
            start: Some("2026-06-18T13:00:00Z".into()),
            end: Some("2026-06-18T17:00:00Z".into()),
            approvers: Some(vec![sample::priya_to_approve()]),
            comment: Some("Needs a meeting room and a tour of the laboratory.".to_owned()),
            created_at: "2026-06-10T14:08:55Z".into(),
            updated_at: "2026-06-10T14:08:55Z".into(),
            link: Some("https://access.example.com/visits/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f13".into()),
        }
    }
}

impl Visitor {
    fn examples() -> (Self, Self) {
        let first = Self {
            id: sample::id(0x04),
            first_name: "Ines".into(),
            last_name: "Carvalho".into(),
            status: VisitorStatus::Expected,
            email: Some("ines.carvalho@audit.example.com".into()),
            phone: Some("+351 21 555 0190".to_owned()),
            company: Some("Meridian Audit".to_owned()),
            checked_in_at: None,
            checked_out_at: None,
        };
        let second = Self {
            id: sample::id(0x05),
            first_name: "Dele".into(),
            last_name: "Adeyemi".into(),
            email: Some("dele.adeyemi@audit.example.com".into()),
            phone: None,
            ..first.clone()
        };
        (first, second)
    }
}
