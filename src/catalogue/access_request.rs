//! The `data` of the events about access requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{
    payload::Payload,
    request::{Approver, Decision, RequestStatus},
    sample,
    value::{Area, Id, Link, Person, Timestamp},
};

family! {
    group_access_requests:
    /// `access_request.created`
    AccessRequestCreated = "access_request.created", [access_request_created_name, access_request_created_summary, access_request_created_description];
    /// `access_request.updated`
    AccessRequestUpdated = "access_request.updated", [access_request_updated_name, access_request_updated_summary, access_request_updated_description];
}

/// The data of an "Access requests created" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRequestCreated {
    /// The request as it was made.
    pub request: AccessRequest,
}

/// The data of an "Access requests updated" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRequestUpdated {
    /// The whole request after the change.
    pub request: AccessRequest,
    /// The status before the change. The same as the present one when something else changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<RequestStatus>,
}

/// A request that a person be let into an area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRequest {
    /// The id of the request.
    pub id: Id,
    /// What kind of request it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<AccessRequestType>,
    /// Where the request stands.
    pub status: RequestStatus,
    /// Who made the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<Person>,
    /// The person the access is for; often the requester.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Person>,
    /// The area that access is asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// The name of the site the area belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// True when the access is to last from `start` to `end` only; false when it is to have no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporary: Option<bool>,
    /// When the access is to begin. Absent or null: as soon as it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// When the access is to end. Absent or null: it is to have no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Those who have to approve the request, in the order in which they are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvers: Option<Vec<Approver>>,
    /// What the requester wrote to explain the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When the request was made.
    pub created_at: Timestamp,
    /// When the request last changed.
    pub updated_at: Timestamp,
    /// The address of the request's page, for a person to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// What kind of request for access it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessRequestType {
    /// access that the person does not have yet
    Grant,
    /// longer access to an area the person may already enter
    Extension,
    /// access that is to be taken away
    Removal,
}

impl Payload for AccessRequestCreated {
    const SUBJECT: (&'static str, Id) = ("access_request", sample::ACCESS_REQUEST);

    /// Temporary access to a laboratory; the supervisor decides first, then the area's owner.
    fn example() -> Self {
        Self {
            request: AccessRequest::example(),
        }
    }
}

impl Payload for AccessRequestUpdated {
    const SUBJECT: (&'static str, Id) = ("access_request", sample::ACCESS_REQUEST);

    /// The same request, denied by the area's owner.
    fn example() -> Self {
        Self {
            request: AccessRequest {
                status: RequestStatus::Denied,
                approvers: Some(vec![
                    Approver {
                        decision: Some(Decision::Approved),
                        decided_at: Some("2026-05-04T15:20:00Z".into()),
                        ..sample::jonas_to_approve()
                    },
                    Approver {
                        decision: Some(Decision::Denied),
                        decided_at: Some("2026-05-05T08:02:47Z".into()),
                        comment: Some("The laboratory is closed for calibration that week.".to_owned()),
                        ..sample::priya_to_approve()
                    },
                ]),
                updated_at: "2026-05-05T08:02:47Z".into(),
                ..AccessRequest::example()
            },
            previous_status: Some(RequestStatus::Pending),
        }
    }
}

impl AccessRequest {
    fn example() -> Self {
        Self {
            id: sample::ACCESS_REQUEST,
            kind: Some(AccessRequestType::Grant),
            status: RequestStatus::Pending,
            requester: Some(sample::marta()),
            subject: Some(sample::marta()),
            area: Some(sample::laboratory()),
            site: Some("Montreal Campus".to_owned()),
            temporary: Some(true),
            start: Some("2026-05-11T12:00:00Z".into()),
            end: Some("2026-05-15T21:00:00Z".into()),
            approvers: Some(vec![sample::jonas_to_approve(), sample::priya_to_approve()]),
            comment: Some("A week of measurements for the spring report.".to_owned()),
            created_at: "2026-05-04T14:41:09Z".into(),
            updated_at: "2026-05-04T14:41:09Z".into(),
            link: Some("https://access.example.com/access-requests/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f12".into()),
        }
    }
}
