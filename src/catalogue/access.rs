//! The `data` of the events about accesses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{
    payload::Payload,
    sample,
    value::{Area, Id, Link, Person, RoleReference, Timestamp},
};

family! {
    group_accesses:
    /// `access.granted`
    AccessGranted = "access.granted", [access_granted_name, access_granted_summary, access_granted_description];
    /// `access.revoked`
    AccessRevoked = "access.revoked", [access_revoked_name, access_revoked_summary, access_revoked_description];
}

/// The access of the examples.
const ACCESS: Id = sample::id(0x15);

/// The data of an "Access granted" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessGranted {
    /// The access as it was granted.
    pub access: Access,
    /// Who granted the access. Absent or null: a rule of the system did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<Person>,
    /// When the access was granted. It may begin later.
    pub granted_at: Timestamp,
}

/// The data of an "Access revoked" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRevoked {
    /// The access as it was before it was revoked.
    pub access: Access,
    /// Why the access ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<RevocationReason>,
    /// Who revoked the access. Absent or null: a rule of the system did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<Person>,
    /// When the access was revoked. It ended at that moment.
    pub revoked_at: Timestamp,
    /// A comment that explains why the access was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An access: the right of one person to enter one area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// The id of the access.
    pub id: Id,
    /// The person who may enter the area.
    pub identity: Person,
    /// The area that the person may enter.
    pub area: Area,
    /// The name of the site the area belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The role that gave the access to the person. Absent or null: it was not given by a role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleReference>,
    /// The id of the access request that led to the access. Absent or null: nobody requested it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Id>,
    /// When the access begins.
    pub from: Timestamp,
    /// When the access ends. Absent or null: it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The address of the access's page, for a person to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// Why an access ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// the end of the access was reached
    Expired,
    /// somebody took the access away
    Removed,
    /// the person left the role that gave the access
    RoleLeft,
    /// the identity became inactive or was deleted
    IdentityInactive,
}

impl Payload for AccessGranted {
    const SUBJECT: (&'static str, Id) = ("access", ACCESS);

    /// Temporary access to a laboratory that was requested and approved.
    fn example() -> Self {
        Self {
            access: Access::example(),
            granted_by: Some(sample::priya()),
            granted_at: "2026-05-05T08:02:47Z".into(),
        }
    }
}

impl Payload for AccessRevoked {
    const SUBJECT: (&'static str, Id) = ("access", ACCESS);

    /// The same access, taken away before its end.
    fn example() -> Self {
        Self {
            access: Access::example(),
            reason: Some(RevocationReason::Removed),
            revoked_by: Some(sample::priya()),
            revoked_at: "2026-05-13T10:31:05Z".into(),
            comment: Some("The measurements ended early.".to_owned()),
        }
    }
}

impl Access {
    fn example() -> Self {
        Self {
            id: ACCESS,
            identity: sample::marta(),
            area: sample::laboratory(),
            site: Some("Montreal Campus".to_owned()),
            role: None,
            request_id: Some(sample::ACCESS_REQUEST),
            from: "2026-05-11T12:00:00Z".into(),
            until: Some("2026-05-15T21:00:00Z".into()),
            link: Some("https://access.example.com/accesses/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f15".into()),
        }
    }
}
