//! The `data` of the event about roles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{
    payload::Payload,
    sample,
    value::{Id, Link, Name, Person, Timestamp},
};

family! {
    group_roles:
    /// `role.membership_changed`
    RoleMembershipChanged = "role.membership_changed", [role_membership_changed_name, role_membership_changed_summary, role_membership_changed_description];
}

/// The role of the examples.
const ROLE: Id = sample::id(0x14);

/// The data of a "Role membership changed" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleMembershipChanged {
    /// The role whose members changed.
    pub role: Role,
    /// The person who joined or left the role.
    pub member: Person,
    /// Whether the person joined or left.
    pub action: MembershipAction,
    /// Who made the change. Absent or null: a rule of the system did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<Person>,
    /// When the membership begins, for one that lasts for a time only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// When the membership ends. Absent or null: it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// What was written to explain the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A role: a group of people who share the same access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The id of the role.
    pub id: Id,
    /// The name of the role.
    pub name: Name,
    /// What the role is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Those who decide over the members of the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owners: Option<Vec<Person>>,
    /// When the role was created.
    pub created_at: Timestamp,
    /// When the role last changed.
    pub updated_at: Timestamp,
    /// The address of the role's page, for a person to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// What happened to a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MembershipAction {
    /// the person joined the role
    Added,
    /// the person left the role
    Removed,
}

impl Payload for RoleMembershipChanged {
    const SUBJECT: (&'static str, Id) = ("role", ROLE);

    /// A technician joins those who answer alarms, for the summer.
    fn example() -> Self {
        Self {
            role: Role {
                id: ROLE,
                name: "First responders".into(),
                description: Some("May enter every area of the site when an alarm sounds.".to_owned()),
                owners: Some(vec![sample::priya()]),
                created_at: "2025-11-20T10:00:00Z".into(),
                updated_at: "2026-06-22T09:45:12Z".into(),
                link: Some("https://access.example.com/roles/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f14".into()),
            },
            member: sample::marta(),
            action: MembershipAction::Added,
            changed_by: Some(sample::priya()),
            start: Some("2026-07-01T04:00:00Z".into()),
            end: Some("2026-09-01T04:00:00Z".into()),
            comment: Some("Stands in during the summer.".to_owned()),
        }
    }
}
