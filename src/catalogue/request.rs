//! What every kind of request has in common: where it stands, and who decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::value::{Email, Id, Name, Timestamp};

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// waits for at least one approver
    Pending,
    /// every approver needed has agreed
    Approved,
    /// an approver refused
    Denied,
    /// taken back before it was decided
    Cancelled,
    /// nobody decided in time
    Expired,
}

/// What an approver decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// not decided yet
    Pending,
    /// the approver agreed
    Approved,
    /// the approver refused
    Denied,
}

/// Somebody who has to approve a request, with what they decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// The id of the approver's identity.
    pub id: Id,
    /// The approver's full name.
    pub name: Name,
    /// The approver's e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// What the approver decided; absent means not decided yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// When the approver decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// What the approver wrote to go with the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
