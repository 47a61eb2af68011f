//! The `data` of the events about identities.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::catalogue::{
    payload::Payload,
    sample,
    value::{ByteCount, Digest, Email, Id, Link, Name, Timestamp},
};

family! {
    group_identities:
    /// `identity.created`
    IdentityCreated = "identity.created", [identity_created_name, identity_created_summary, identity_created_description];
    /// `identity.updated`
    IdentityUpdated = "identity.updated", [identity_updated_name, identity_updated_summary, identity_updated_description];
    /// `identity.deleted`
    IdentityDeleted = "identity.deleted", [identity_deleted_name, identity_deleted_summary, identity_deleted_description];
    /// `identity.picture_updated`
    IdentityPictureUpdated = "identity.picture_updated", [identity_picture_updated_name, identity_picture_updated_summary, identity_picture_updated_description];
}

/// The data of an "Identity created" event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityCreated {
    /// The identity as it was saved.
    pub identity: Identity,
}

/// The data of an "Identity updated" event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityUpdated {
    /// The whole identity after the change.
    pub identity: Identity,
    /// The fields that changed, each once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<FieldChange>>,
}

/// The data of an "Identity deleted" event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityDeleted {
    /// The identity as it was before it was removed.
    pub identity: Identity,
}

/// The data of an "Identity picture updated" event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityPictureUpdated {
    /// The identity whose picture changed.
    pub identity: Identity,
    /// What describes the new picture. The picture itself is not sent. Absent or null: the picture was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

/// A picture, described but not contained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// The SHA-256 digest of the picture's file, in 64 lowercase hexadecimal digits. A receiver that has this picture need not fetch it again.
    pub digest: Digest,
    /// The size of the picture's file in bytes.
    pub size: ByteCount,
    /// The media type of the picture's file, such as `image/jpeg`.
    pub media_type: Name,
}

/// A person known to the access system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The id of the identity. It never changes and is never used again.
    pub id: Id,
    /// The person's id in the system the identity is synchronised from, or another id given to it from outside.
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
    /// Another e-mail address, used when the main one cannot be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_email: Option<Email>,
    /// The person's telephone number, as it was entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whether the person may use their access.
    pub status: IdentityStatus,
    /// The company the person works for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The department the person works in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The person's job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// The person's number with their employer. A text: it may hold letters and leading zeros.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_number: Option<String>,
    /// The kind of worker, such as "Employee" or "Contractor". The account's administrator decides which kinds there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_type: Option<String>,
    /// The name of the site the person belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The ids of the identities who supervise the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supervisors: Option<Vec<Id>>,
    /// When the person's access begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation_date: Option<Timestamp>,
    /// When the person's access ends. Absent or null: it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// Fields the account has added of its own, by name. Any name and any value may stand here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_fields: Option<BTreeMap<String, Value>>,
    /// How the identity came to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<IdentitySource>,
    /// When the identity was created.
    pub created_at: Timestamp,
    /// When the identity last changed.
    pub updated_at: Timestamp,
    /// The address of the identity's page, for a person to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// Whether a person may use their access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityStatus {
    /// access works
    Active,
    /// access is withheld, the identity is kept
    Inactive,
}

/// How an identity came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentitySource {
    /// somebody entered it
    Manual,
    /// it follows a record in another system
    Synchronized,
    /// the person asked for it
    SelfService,
}

/// One field of an identity that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// The name of the field, such as `email`; a custom field is written `custom_fields.name`.
    pub field: Name,
    /// What the field held before, of any type. Absent or null: it was empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_value: Option<Value>,
    /// What the field holds now, of any type. Absent or null: it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_value: Option<Value>,
}

impl Payload for IdentityCreated {
    const SUBJECT: (&'static str, Id) = ("identity", sample::MARTA);

    /// A newcomer.
    fn example() -> Self {
        Self {
            identity: Identity::example(),
        }
    }
}

impl Payload for IdentityUpdated {
    const SUBJECT: (&'static str, Id) = ("identity", sample::MARTA);

    /// The same person, after a promotion.
    fn example() -> Self {
        Self {
            identity: Identity {
                department: Some("Research".to_owned()),
                job_title: Some("Head of Laboratory".to_owned()),
                expiration_date: None,
                updated_at: "2026-06-01T07:15:42Z".into(),
                ..Identity::example()
            },
            changes: Some(vec![
                FieldChange {
                    field: "job_title".into(),
                    old_value: Some(json!("Laboratory Technician")),
                    new_value: Some(json!("Head of Laboratory")),
                },
                FieldChange {
                    field: "expiration_date".into(),
                    old_value: Some(json!("2027-03-31T21:59:59Z")),
                    new_value: None,
                },
            ]),
        }
    }
}

impl Payload for IdentityDeleted {
    const SUBJECT: (&'static str, Id) = ("identity", sample::MARTA);

    /// The same person, some time after leaving.
    fn example() -> Self {
        Self {
            identity: Identity {
                status: IdentityStatus::Inactive,
                updated_at: "2027-04-01T00:05:00Z".into(),
                ..Identity::example()
            },
        }
    }
}

impl Payload for IdentityPictureUpdated {
    const SUBJECT: (&'static str, Id) = ("identity", sample::MARTA);

    /// The same person, photographed for the badge.
    fn example() -> Self {
        Self {
            identity: Identity {
                updated_at: "2026-03-16T12:20:00Z".into(),
                ..Identity::example()
            },
            picture: Some(Picture {
                digest: "7d1a54127b222502f5b79b5fb0803061152a44f92b37e23c6527baf665d4da9a".into(),
                size: ByteCount(48_213),
                media_type: "image/jpeg".into(),
            }),
        }
    }
}

impl Identity {
    fn example() -> Self {
        Self {
            id: sample::MARTA,
            external_id: Some("hr-00417".to_owned()),
            first_name: "Marta".into(),
            middle_name: Some("Elena".to_owned()),
            last_name: "Lindqvist".into(),
            email: Some("marta.lindqvist@example.com".into()),
            secondary_email: Some("marta@lindqvist.example.com".into()),
            phone: Some("+1 514 555 0142".to_owned()),
            status: IdentityStatus::Active,
            company: Some("Northwind Laboratories".to_owned()),
            department: Some("Research".to_owned()),
            job_title: Some("Laboratory Technician".to_owned()),
            employee_number: Some("00417".to_owned()),
            worker_type: Some("Employee".to_owned()),
            site: Some("Montreal Campus".to_owned()),
            supervisors: Some(vec![sample::JONAS]),
            activation_date: Some("2026-03-16T12:00:00Z".into()),
            expiration_date: Some("2027-03-31T21:59:59Z".into()),
            custom_fields: Some(BTreeMap::from([
                ("badge_colour".to_owned(), json!("green")),
                ("safety_training".to_owned(), json!({"passed": true, "valid_until": "2027-03-01"})),
            ])),
            source: Some(IdentitySource::Synchronized),
            created_at: "2026-03-09T08:30:00Z".into(),
            updated_at: "2026-03-09T08:30:00Z".into(),
            link: Some("https://access.example.com/identities/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f01".into()),
        }
    }
}
