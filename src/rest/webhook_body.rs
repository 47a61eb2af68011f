//! The bodies of `POST /webhooks` and `PATCH /webhooks/{id}`. Both are read by the `Deserialize` of [`WebhookInput`] itself, from a view
//! of the body that removes or adds members. So the fields are declared once, and errors have the JSON pointers of the body.

use std::{borrow::Cow, collections::HashMap, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, DeserializeSeed, Error, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value, map};

use crate::services::{
    error::{FieldError, UseCaseError},
    webhooks::WebhookInput,
};

/// A new webhook.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct NewWebhook {
    #[schemars(flatten)]
    pub(super) fields: WebhookInput,
    /// The signing secret: `whsec_` and the base64 of 24 to 64 bytes. If there is none, it is generated.
    #[schemars(regex(pattern = SECRET))]
    pub(super) secret: Option<String>,
}

/// A signing secret as a regular expression.
pub(super) const SECRET: &str = r"^whsec_[A-Za-z0-9+/]{32,86}={0,2}$";

impl<'de> Deserialize<'de> for NewWebhook {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NewWebhookVisitor)
    }
}

struct NewWebhookVisitor;

impl<'de> Visitor<'de> for NewWebhookVisitor {
    type Value = NewWebhook;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, body: A) -> Result<NewWebhook, A::Error> {
        let mut other = Without::new(body, ["secret"]);
        let fields = WebhookInput::deserialize(MapAccessDeserializer::new(&mut other))?;
        let [secret] = other.into_values();
        Ok(NewWebhook { fields, secret })
    }
}

/// The members of a body without some texts, whose values are kept.
pub(super) struct Without<A, const N: usize> {
    body: A,
    names: [&'static str; N],
    /// The values. `None` if they are null or not given.
    values: [Option<String>; N],
    is_given: [bool; N],
}

impl<A, const N: usize> Without<A, N> {
    /// The members of `body` without those with these names.
    pub(super) fn new(body: A, names: [&'static str; N]) -> Self {
        Self {
            body,
            names,
            values: [const { None }; N],
            is_given: [false; N],
        }
    }

    /// The values that were left out, in the order of the names.
    pub(super) fn into_values(self) -> [Option<String>; N] {
        self.values
    }
}

impl<'de, A: MapAccess<'de>, const N: usize> MapAccess<'de> for Without<A, N> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(name) = self.body.next_key::<String>()? {
            let Some(at) = self.names.iter().position(|known| *known == name) else {
                return seed.deserialize(name.into_deserializer()).map(Some);
            };
            if std::mem::replace(&mut self.is_given[at], true) {
                return Err(Error::duplicate_field(self.names[at]));
            }
            self.values[at] = self.body.next_value()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.body.next_value_seed(seed)
    }
}

/// The body of PATCH: the members that it has replace the fields of a `T` as a whole, the others stay (JSON Merge Patch, RFC 7396, applied
/// to the outermost object only). `null` empties a field that can be null, and does not change any other.
#[derive(Clone)]
pub(super) struct Patch<T> {
    members: Map<String, Value>,
    target: PhantomData<T>,
}

/// The fields of `T`, each of which may be left out or null.
impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Patch", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("description".to_owned(), "The fields to change.".into());
        schema.remove("required");
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            for property in properties.values_mut() {
                allow_null(property);
            }
        }
        schema
    }
}

/// Adds null to the types of a property, and removes its default, because a field that is left out stays.
fn allow_null(property: &mut Value) {
    let Value::Object(keywords) = property else { return };
    keywords.remove("default");
    match keywords.get_mut("type") {
        Some(Value::String(kind)) if kind != "null" => {
            let kinds = vec![std::mem::take(kind).into(), "null".into()];
            keywords.insert("type".to_owned(), Value::Array(kinds));
            if let Some(Value::Array(values)) = keywords.get_mut("enum") {
                values.push(Value::Null);
            }
        }
        Some(Value::Array(kinds)) if !kinds.contains(&"null".into()) => kinds.push("null".into()),
        Some(_) => {}
        None => {
            if let Some(reference) = keywords.remove("$ref") {
                keywords.insert("anyOf".to_owned(), serde_json::json!([{ "$ref": reference }, { "type": "null" }]));
            }
        }
    }
}

impl<T: Serialize + DeserializeOwned> Patch<T> {
    /// The value of a field, if the patch changes no other.
    pub(super) fn only(&self, field: &str) -> Option<&Value> {
        self.members.get(field).filter(|_| self.members.len() == 1)
    }

    /// The value that the patch gives a field, if it does.
    pub(super) fn value(&self, field: &str) -> Option<&Value> {
        self.members.get(field)
    }

    /// The fields with these changes. It fails only if `T` cannot be read from what it writes.
    pub(super) fn apply(&self, to: &T) -> Result<T, UseCaseError> {
        let merge = || {
            let mut fields = object_of(to)?;
            fields.extend(self.members.clone());
            serde_json::from_value(Value::Object(fields))
        };
        merge().map_err(|error: serde_json::Error| UseCaseError::Invalid(vec![FieldError::new("", error.to_string())]))
    }
}

fn object_of(fields: &impl Serialize) -> serde_json::Result<Map<String, Value>> {
    match serde_json::to_value(fields)? {
        Value::Object(object) => Ok(object),
        _ => Err(serde_json::Error::custom("the fields are not an object")),
    }
}

impl<'de, T: Default + Serialize + Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PatchVisitor(PhantomData))
    }
}

struct PatchVisitor<T>(PhantomData<T>);

impl<'de, T: Default + Serialize + Deserialize<'de>> Visitor<'de> for PatchVisitor<T> {
    type Value = Patch<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, body: A) -> Result<Patch<T>, A::Error> {
        let defaults = object_of(&T::default()).map_err(A::Error::custom)?;
        let mut complete = WithDefaults {
            body,
            defaults: &defaults,
            omitted: None,
            changes: HashMap::new(),
            next: Member::Default(&Value::Null),
        };
        let fields = T::deserialize(MapAccessDeserializer::new(&mut complete))?;
        let mut members = object_of(&fields).map_err(A::Error::custom)?;
        members.retain(|name, _| complete.changes.get(name) == Some(&true));
        Ok(Patch {
            members,
            target: PhantomData,
        })
    }
}

/// The members of the body, and then the defaults of the fields that it omits, so that a struct with required fields can be read from it.
struct WithDefaults<'a, A> {
    body: A,
    defaults: &'a Map<String, Value>,
    /// The remaining defaults, after the last member of the body.
    omitted: Option<map::Iter<'a>>,
    /// The members of the body, and whether each changes its field.
    changes: HashMap<String, bool>,
    /// The member whose value is read next.
    next: Member<'a>,
}

enum Member<'a> {
    Body(String),
    Default(&'a Value),
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithDefaults<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        if self.omitted.is_none() {
            if let Some(name) = self.body.next_key::<String>()? {
                let key = seed.deserialize(name.as_str().into_deserializer())?;
                self.next = Member::Body(name);
                return Ok(Some(key));
            }
            self.omitted = Some(self.defaults.iter());
        }
        let mut omitted = self
            .omitted
            .iter_mut()
            .flatten()
            .filter(|(name, _)| !self.changes.contains_key(*name));
        let Some((name, value)) = omitted.next() else {
            return Ok(None);
        };
        self.next = Member::Default(value);
        seed.deserialize(name.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match std::mem::replace(&mut self.next, Member::Default(&Value::Null)) {
            Member::Default(value) => seed.deserialize(value.clone()).map_err(A::Error::custom),
            Member::Body(name) => {
                let default = self.defaults.get(&name).unwrap_or(&Value::Null);
                let changes = self.changes.entry(name).or_insert(true);
                self.body.next_value_seed(NullAsDefault { seed, default, changes })
            }
        }
    }
}

/// Reads a value, and the default in place of null. Notes that nothing is changed if null is not the default.
struct NullAsDefault<'a, V> {
    seed: V,
    default: &'a Value,
    changes: &'a mut bool,
}

impl<'de, V: DeserializeSeed<'de>> DeserializeSeed<'de> for NullAsDefault<'_, V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, V: DeserializeSeed<'de>> Visitor<'de> for NullAsDefault<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        *self.changes = self.default.is_null();
        self.seed.deserialize(self.default.clone()).map_err(E::custom)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.seed.deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rest::json::read;

    fn patched(patch: &str) -> Value {
        let mut stored = WebhookInput::new(
            "n".to_owned(),
            "https://example.com/".to_owned(),
            vec!["visit_event.created".to_owned()],
        );
        stored.description = "d".to_owned();
        stored.enabled = false;
        let rate = json!({ "per_second": 5, "burst": 10 });
        stored.rate_limit = Some(serde_json::from_value(rate).unwrap());
        let patch: Patch<WebhookInput> = read(patch.as_bytes()).unwrap();
        serde_json::to_value(patch.apply(&stored).unwrap()).unwrap()
    }

    fn error<T: DeserializeOwned>(body: &str) -> String {
        let Err(problem) = read::<T>(body.as_bytes()) else {
            panic!("{body} is accepted");
        };
        serde_json::to_value(&problem).unwrap()["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_patch_replaces_the_given_fields_and_keeps_the_others() {
        let stored = patched("{}");
        assert_eq!(stored["description"], "d");
        for (patch, field, expected) in [
            (r#"{"name":"m"}"#, "name", json!("m")),
            (r#"{"description":""}"#, "description", json!("")),
            (r#"{"enabled":true}"#, "enabled", json!(true)),
            (
                r#"{"events":["role.membership_changed"]}"#,
                "events",
                json!(["role.membership_changed"]),
            ),
            (r#"{"rate_limit":null}"#, "rate_limit", json!(null)),
            (
                r#"{"rate_limit":{"per_second":1,"burst":2}}"#,
                "rate_limit",
                json!({ "per_second": 1, "burst": 2 }),
            ),
            (
                r#"{"headers":[{"name":"X-A","value":"v"}]}"#,
                "headers",
                json!([{ "name": "X-A", "value": "v", "secret": null }]),
            ),
        ] {
            let mut wanted = stored.clone();
            wanted[field] = expected;
            assert_eq!(patched(patch), wanted, "{patch}");
        }
        for null in ["name", "description", "url", "events", "enabled", "owners", "headers", "ordered"] {
            assert_eq!(patched(&format!("{{\"{null}\":null}}")), stored, "{null}: null changes nothing");
        }
    }

    #[test]
    fn a_patch_of_one_field_is_recognized() {
        let patch = |body: &str| read::<Patch<WebhookInput>>(body.as_bytes()).unwrap();
        assert_eq!(patch(r#"{"enabled":false}"#).only("enabled"), Some(&json!(false)));
        assert_eq!(patch(r#"{"enabled":false,"name":null}"#).only("enabled"), Some(&json!(false)));
        assert_eq!(patch(r#"{"enabled":false,"name":"n"}"#).only("enabled"), None);
        assert_eq!(patch(r#"{"enabled":null}"#).only("enabled"), None);
        assert_eq!(patch("{}").only("enabled"), None);
    }

    #[test]
    fn errors_have_the_pointers_of_the_body() {
        for (patch, expected) in [
            (r#"["n"]"#, "Use a JSON object."),
            (r#"{"name":5}"#, "/name: Use a string."),
            (r#"{"rate_limit":{"per_second":1}}"#, "/rate_limit/burst: This field is required."),
            (r#"{"rate_limit":[1,2]}"#, "/rate_limit: Use a JSON object."),
            (
                r#"{"headers":[{"name":"X-A","value":"v","secret":1}]}"#,
                "/headers/0/secret: Use true or false.",
            ),
            (
                r#"{"headers":[{"name":"a","name":"b","value":"v"}]}"#,
                "/headers/0/name: This field is given twice.",
            ),
            (r#"{"name":"a","name":"b"}"#, "/name: This field is given twice."),
            (r#"{"name":null,"name":null}"#, "/name: This field is given twice."),
        ] {
            assert_eq!(error::<Patch<WebhookInput>>(patch), expected, "{patch}");
        }
        let unknown = error::<Patch<WebhookInput>>(r#"{"secret":"whsec_x"}"#);
        assert!(
            unknown.starts_with("/secret: There is no such field; the fields are name, "),
            "{unknown}"
        );
        for (body, expected) in [
            (r#"{"name":"n"}"#, "/url: This field is required."),
            (r#"{"secret":5}"#, "/secret: Use a string."),
            (r#"{"secret":"a","secret":"b"}"#, "/secret: This field is given twice."),
            (r#"{"description":null}"#, "/description: Use a string."),
        ] {
            assert_eq!(error::<NewWebhook>(body), expected, "{body}");
        }
        let new: NewWebhook = read(br#"{"secret":"s","name":"n","url":"u","events":[]}"#).unwrap();
        assert_eq!((new.secret.as_deref(), new.fields.enabled), (Some("s"), true));
        let new: NewWebhook = read(br#"{"secret":null,"name":"n","url":"u","events":[]}"#).unwrap();
        assert_eq!(new.secret, None);
    }
}
