//! Building blocks that several payloads share: ids, times, addresses, and the short form of a person.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "uuid"))]
pub struct Id(#[schemars(with = "String")] pub Uuid);

/// A moment as RFC 3339 writes it, such as `2026-03-09T08:30:00Z`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "date-time"))]
pub struct Timestamp(pub String);

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "email"))]
pub struct Email(pub String);

/// An absolute URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "uri"))]
pub struct Link(pub String);

/// A name, never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("minLength" = 1))]
pub struct Name(pub String);

/// A SHA-256 digest in lowercase hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("pattern" = "^[0-9a-f]{64}$"))]
pub struct Digest(pub String);

/// A number of bytes. Its schema has no `format`: validators that check formats refuse those that they do not know, such as `uint64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, transform = without_format)]
pub struct ByteCount(pub u64);

fn without_format(schema: &mut Schema) {
    schema.remove("format");
}

/// A person, by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The id of the person's identity.
    pub id: Id,
    /// The person's full name.
    pub name: Name,
    /// The person's e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

/// An area, by id and name: a part of a site that people need access to, such as a laboratory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// The id of the area.
    pub id: Id,
    /// The name of the area.
    pub name: Name,
}

/// A role, by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleReference {
    /// The id of the role.
    pub id: Id,
    /// The name of the role.
    pub name: Name,
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<&str> for Email {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<&str> for Link {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<&str> for Digest {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
