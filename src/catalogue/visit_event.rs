//! The `data` of the events about visit events: planned visits of people from outside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{
    payload::Payload,
    request::{Approver, Decision},
    sample,
    value::{Email, Id, Link, Name, Person, Timestamp},
    visitor::VisitorStatus,
};

family! {
    group_visit_events:
    /// `visit_event.approved`
    VisitEventApproved = "visit_event.approved", [visit_event_approved_name, visit_event_approved_summary, visit_event_approved_description];
    /// `visit_event.canceled`
    VisitEventCanceled = "visit_event.canceled", [visit_event_canceled_name, visit_event_canceled_summary, visit_event_canceled_description];
    /// `visit_event.created`
    VisitEventCreated = "visit_event.created", [visit_event_created_name, visit_event_created_summary, visit_event_created_description];
    /// `visit_event.denied`
    VisitEventDenied = "visit_event.denied", [visit_event_denied_name, visit_event_denied_summary, visit_event_denied_description];
    /// `visit_event.expired`
    VisitEventExpired = "visit_event.expired", [visit_event_expired_name, visit_event_expired_summary, visit_event_expired_description];
}

/// The data of a "Visit event approved" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitEventApproved {
    /// The whole visit event after it was approved.
    pub visit_event: VisitEvent,
    /// The status before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<VisitEventStatus>,
}

/// The data of a "Visit event canceled" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitEventCanceled {
    /// The whole visit event after it was canceled.
    pub visit_event: VisitEvent,
    /// The status before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<VisitEventStatus>,
    /// Who canceled the visit event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canceled_by: Option<Person>,
}

/// The data of a "Visit event created" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitEventCreated {
    /// The visit event as it was created.
    pub visit_event: VisitEvent,
}

/// The data of a "Visit event denied" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitEventDenied {
    /// The whole visit event after it was denied.
    pub visit_event: VisitEvent,
    /// The status before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<VisitEventStatus>,
}

/// The data of a "Visit event expired" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitEventExpired {
    /// The whole visit event after it expired.
    pub visit_event: VisitEvent,
    /// The status before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<VisitEventStatus>,
}

/// A visit event: people from outside who come to a site to meet a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitEvent {
    /// The id of the visit event.
    pub id: Id,
    /// The title of the visit event, such as "Quarterly audit".
    pub title: Name,
    /// Where the visit event stands.
    pub status: VisitEventStatus,
    /// Who asked for the visit; often the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<Person>,
    /// Who receives the visitors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Person>,
    /// The name of the site that is visited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// When the visit is to begin.
    pub from: Timestamp,
    /// When the visit is to end.
    pub until: Timestamp,
    /// The people who come, each with their status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitors: Option<Vec<InvitedVisitor>>,
    /// Those who have to approve the visit event, in the order in which they are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvers: Option<Vec<Approver>>,
    /// What the requester wrote about the visit, such as its purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When the visit event was created.
    pub created_at: Timestamp,
    /// When the visit event last changed.
    pub updated_at: Timestamp,
    /// The address of the visit event's page, for a person to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// Where a visit event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitEventStatus {
    /// waits for at least one approver
    Pending,
    /// the visit may take place
    Approved,
    /// an approver refused
    Denied,
    /// called off
    Canceled,
    /// nobody decided before the visit was to begin
    Expired,
}

/// A person who is invited to a visit event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitedVisitor {
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
}

impl Payload for VisitEventApproved {
    const SUBJECT: (&'static str, Id) = ("visit_event", sample::VISIT_EVENT);

    /// An audit that was announced by its host, approved.
    fn example() -> Self {
        let visit_event = VisitEvent {
            status: VisitEventStatus::Approved,
            ..VisitEvent::decided(Decision::Approved, None)
        };
        Self {
            visit_event,
            previous_status: Some(VisitEventStatus::Pending),
        }
    }
}

impl Payload for VisitEventCanceled {
    const SUBJECT: (&'static str, Id) = ("visit_event", sample::VISIT_EVENT);

    /// The same visit, called off by its host after it was approved.
    fn example() -> Self {
        let visit_event = VisitEvent {
            status: VisitEventStatus::Canceled,
            updated_at: "2026-06-16T07:55:00Z".into(),
            ..VisitEvent::decided(Decision::Approved, None)
        };
        Self {
            visit_event,
            previous_status: Some(VisitEventStatus::Approved),
            canceled_by: Some(sample::marta()),
        }
    }
}

impl Payload for VisitEventCreated {
    const SUBJECT: (&'static str, Id) = ("visit_event", sample::VISIT_EVENT);

    /// Two auditors, announced by their host.
    fn example() -> Self {
        Self {
            visit_event: VisitEvent::example(),
        }
    }
}

impl Payload for VisitEventDenied {
    const SUBJECT: (&'static str, Id) = ("visit_event", sample::VISIT_EVENT);

    /// The same visit, refused by the approver with a reason.
    fn example() -> Self {
        let visit_event = VisitEvent {
            status: VisitEventStatus::Denied,
            ..VisitEvent::decided(Decision::Denied, Some("The laboratory is closed that day."))
        };
        Self {
            visit_event,
            previous_status: Some(VisitEventStatus::Pending),
        }
    }
}

impl Payload for VisitEventExpired {
    const SUBJECT: (&'static str, Id) = ("visit_event", sample::VISIT_EVENT);

    /// The same visit, on whose day nobody had decided.
    fn example() -> Self {
        let visit_event = VisitEvent {
            status: VisitEventStatus::Expired,
            updated_at: "2026-06-18T13:00:00Z".into(),
            ..VisitEvent::example()
        };
        Self {
            visit_event,
            previous_status: Some(VisitEventStatus::Pending),
        }
    }
}

impl VisitEvent {
    fn example() -> Self {
        Self {
            id: sample::VISIT_EVENT,
            title: "Quarterly audit".into(),
            status: VisitEventStatus::Pending,
            requester: Some(sample::marta()),
            host: Some(sample::marta()),
            site: Some("Montreal Campus".to_owned()),
            from: "2026-06-18T13:00:00Z".into(),
            until: "2026-06-18T17:00:00Z".into(),
            visitors: Some(InvitedVisitor::examples().into()),
            approvers: Some(vec![sample::priya_to_approve()]),
            comment: Some("Needs a meeting room and a tour of the laboratory.".to_owned()),
            created_at: "2026-06-10T14:08:55Z".into(),
            updated_at: "2026-06-10T14:08:55Z".into(),
            link: Some("https://access.example.com/visit-events/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f13".into()),
        }
    }

    /// The example with the decision of its approver.
    fn decided(decision: Decision, comment: Option<&str>) -> Self {
        Self {
            approvers: Some(vec![Approver {
                decision: Some(decision),
                decided_at: Some("2026-06-10T16:30:00Z".into()),
                comment: comment.map(str::to_owned),
                ..sample::priya_to_approve()
            }]),
            updated_at: "2026-06-10T16:30:00Z".into(),
            ..Self::example()
        }
    }
}

impl InvitedVisitor {
    fn examples() -> [Self; 2] {
        let first = Self {
            id: sample::INES,
            first_name: "Ines".into(),
            last_name: "Carvalho".into(),
            status: VisitorStatus::Expected,
            email: Some("ines.carvalho@audit.example.com".into()),
            phone: Some("+351 21 555 0190".to_owned()),
            company: Some("Meridian Audit".to_owned()),
        };
        let second = Self {
            id: sample::id(0x05),
            first_name: "Dele".into(),
            last_name: "Adeyemi".into(),
            email: Some("dele.adeyemi@audit.example.com".into()),
            phone: None,
            ..first.clone()
        };
        [first, second]
    }
}
