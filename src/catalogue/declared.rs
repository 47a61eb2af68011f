//! The order in which the payload types declare their fields: the one in which a body has them. A schema lists fields by name.

use std::{borrow::Cow, collections::HashMap, fmt, sync::LazyLock};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
    forward_to_deserialize_any,
};

use crate::catalogue::{
    access_request::{AccessRequest, AccessRequestCreated, AccessRequestUpdated},
    identity::{FieldChange, Identity, IdentityCreated, IdentityDeleted, IdentityUpdated},
    identity_request::{IdentityRequest, IdentityRequestCreated, IdentityRequestUpdated, RequestedIdentity},
    request::Approver,
    role::{Role, RoleMembershipChanged},
    value::{Area, Person},
    visit::{Visit, VisitCreated, VisitUpdated, Visitor as VisitingPerson},
};

/// The names of the fields of a payload type, by the name that its schema has; nothing when there is no such type.
pub(super) fn declared(schema: &str) -> &'static [&'static str] {
    static DECLARED: LazyLock<HashMap<Cow<'static, str>, &'static [&'static str]>> = LazyLock::new(|| {
        HashMap::from([
            of::<IdentityCreated>(),
            of::<IdentityUpdated>(),
            of::<IdentityDeleted>(),
            of::<Identity>(),
            of::<FieldChange>(),
            of::<IdentityRequestCreated>(),
            of::<IdentityRequestUpdated>(),
            of::<IdentityRequest>(),
            of::<RequestedIdentity>(),
            of::<AccessRequestCreated>(),
            of::<AccessRequestUpdated>(),
            of::<AccessRequest>(),
            of::<Area>(),
            of::<Approver>(),
            of::<Person>(),
            of::<VisitCreated>(),
            of::<VisitUpdated>(),
            of::<Visit>(),
            of::<VisitingPerson>(),
            of::<RoleMembershipChanged>(),
            of::<Role>(),
        ])
    });
    DECLARED.get(schema).copied().unwrap_or_default()
}

fn of<T: JsonSchema + for<'de> Deserialize<'de>>() -> (Cow<'static, str>, &'static [&'static str]) {
    let mut fields = &[][..];
    // It always fails: all that is wanted is what a struct asks for first.
    let _ = T::deserialize(Ask(&mut fields));
    (T::schema_name(), fields)
}

/// Notes which fields a struct asks for.
struct Ask<'a>(&'a mut &'static [&'static str]);

#[derive(Debug)]
struct Asked;

impl<'de> Deserializer<'de> for Ask<'_> {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked)
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, fields: &'static [&'static str], _: V) -> Result<V::Value, Asked> {
        *self.0 = fields;
        Err(Asked)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fields are known")
    }
}

impl std::error::Error for Asked {}

impl de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::catalogue::{EventType, schema::data_schema};

    #[test]
    fn every_object_of_a_schema_is_declared_with_the_same_fields() {
        for event in EventType::ALL {
            let schema = data_schema(event);
            let definitions = schema["$defs"].as_object().into_iter().flatten();
            let root = (schema["title"].as_str().unwrap(), schema);
            for (name, object) in definitions.map(|(name, object)| (name.as_str(), object)).chain([root]) {
                let Some(properties) = object.get("properties").and_then(Value::as_object) else {
                    continue;
                };
                let mut fields = declared(name).to_vec();
                fields.sort_unstable();
                assert_eq!(fields, properties.keys().collect::<Vec<_>>(), "{event} {name}");
            }
        }
    }

    #[test]
    fn the_order_is_that_of_the_type() {
        assert_eq!(declared("Person"), ["id", "name", "email"]);
        assert_eq!(&declared("AccessRequest")[..3], ["id", "type", "status"]);
    }
}
