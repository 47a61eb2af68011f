//! The `data` of the events about identity requests.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::catalogue::{
    payload::Payload,
    request::{Approver, Decision, RequestStatus},
    sample,
    value::{Email, Id, Link, Name, Person, Timestamp},
};

family! {
    group_identity_requests:
    /// `identity_request.created`
    IdentityRequestCreated = "identity_request.created", [identity_request_created_name, identity_request_created_summary, identity_request_created_description];
    /// `identity_request.updated`
    IdentityRequestUpdated = "identity_request.updated", [identity_request_updated_name, identity_request_updated_summary, identity_request_updated_description];
}

/// The request of the examples.
const IDENTITY_REQUEST: Id = sample::id(0x11);

/// The data of an "Identity requests created" event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityRequestCreated {
    /// The request as it was made.
    pub request: IdentityRequest,
}

/// The data of an "Identity requests updated" event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityRequestUpdated {
    /// The whole request after the change.
    pub request: IdentityRequest,
    /// The status before the change. The same as the present one when something else changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<RequestStatus>,
}

/// A request that people be added or changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityRequest {
    /// The id of the request.
    pub id: Id,
    /// What kind of request it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<IdentityRequestType>,
    /// Where the request stands.
    pub status: RequestStatus,
    /// Who made the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<Person>,
    /// The person the request is about. Absent or null for an onboarding: a newcomer has no identity yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Person>,
    /// What is asked for: one entry for each person to be added or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identities: Option<Vec<RequestedIdentity>>,
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

/// What kind of request about people it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityRequestType {
    /// one newcomer
    Onboarding,
    /// several newcomers at once
    BulkOnboarding,
    /// a change to a person already known
    Change,
    /// a person's access is to end
    Offboarding,
}

/// A person as the request describes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestedIdentity {
    /// The id of the identity, once there is one: for a newcomer, after the request was approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// The person's id in another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The person's first (given) name.
    pub first_name: Name,
    /// The person's middle name or names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// The person's last (family) name.
    pub last_name: Name,
    /// The person's main e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The person's telephone number, as it was entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The company the person works for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The department the person is to work in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The person's job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// The person's number with their employer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_number: Option<String>,
    /// The kind of worker, such as "Employee" or "Contractor".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_type: Option<String>,
    /// The name of the site the person is to belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The ids of the identities who are to supervise the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supervisors: Option<Vec<Id>>,
    /// When the person's access is to begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation_date: Option<Timestamp>,
    /// When the person's access is to end. Absent or null: it is to have no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// Fields the account has added of its own, by name. Any name and any value may stand here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_fields: Option<BTreeMap<String, Value>>,
}

impl Payload for IdentityRequestCreated {
    const SUBJECT: (&'static str, Id) = ("identity_request", IDENTITY_REQUEST);

    /// The onboarding of a contractor, waiting for the approver.
    fn example() -> Self {
        Self {
            request: IdentityRequest::example(),
        }
    }
}

impl Payload for IdentityRequestUpdated {
    const SUBJECT: (&'static str, Id) = ("identity_request", IDENTITY_REQUEST);

    /// The same onboarding, approved.
    fn example() -> Self {
        let asked = IdentityRequest::example();
        Self {
            request: IdentityRequest {
                status: RequestStatus::Approved,
                approvers: Some(vec![Approver {
                    decision: Some(Decision::Approved),
                    decided_at: Some("2026-04-02T13:05:11Z".into()),
                    comment: Some("Welcome aboard.".to_owned()),
                    ..sample::jonas_to_approve()
                }]),
                updated_at: "2026-04-02T13:05:11Z".into(),
                ..asked
            },
            previous_status: Some(RequestStatus::Pending),
        }
    }
}

impl IdentityRequest {
    fn example() -> Self {
        Self {
            id: IDENTITY_REQUEST,
            kind: Some(IdentityRequestType::Onboarding),
            status: RequestStatus::Pending,
            requester: Some(sample::marta()),
            subject: None,
            identities: Some(vec![RequestedIdentity::example()]),
            approvers: Some(vec![sample::jonas_to_approve()]),
            comment: Some("Joins the renovation of building C for six months.".to_owned()),
            created_at: "2026-04-02T09:12:30Z".into(),
            updated_at: "2026-04-02T09:12:30Z".into(),
            link: Some("https://access.example.com/identity-requests/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f11".into()),
        }
    }
}

impl RequestedIdentity {
    fn example() -> Self {
        Self {
            id: None,
            external_id: Some("contractor-2209".to_owned()),
            first_name: "Tomas".into(),
            middle_name: None,
            last_name: "Okafor".into(),
            email: Some("tomas.okafor@example.com".into()),
            phone: Some("+1 514 555 0177".to_owned()),
            company: Some("Okafor Renovations".to_owned()),
            department: Some("Facilities".to_owned()),
            job_title: Some("Electrician".to_owned()),
            employee_number: None,
            worker_type: Some("Contractor".to_owned()),
            site: Some("Montreal Campus".to_owned()),
            supervisors: Some(vec![sample::MARTA]),
            activation_date: Some("2026-04-06T11:00:00Z".into()),
            expiration_date: Some("2026-10-06T21:00:00Z".into()),
            custom_fields: Some(BTreeMap::from([("needs_hard_hat".to_owned(), json!(true))])),
        }
    }
}
