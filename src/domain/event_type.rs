//! Names of event types, and patterns of them. An event type is data (`storage::event_types`), so a name only says that it could exist.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{domain::named::named, messages::validation::ValidationError};

/// Maximum length of a name and of a pattern, in bytes.
pub const TYPE_MAX: usize = 200;

/// The characters between the words of a name.
const SEPARATORS: [char; 5] = ['.', '_', '-', '/', ':'];
/// The separators that may stand before the `*` of a pattern: those that separate levels.
const LEVEL_SEPARATORS: [char; 3] = ['.', '/', ':'];
/// Names that are paths of the API: `/event-types/import`.
const RESERVED: [&str; 2] = ["import", "new"];
/// Last segments of paths of the API: `/event-types/{type}/schema`.
const RESERVED_LAST: [&str; 3] = ["schema", "versions", "check"];

/// The name of an event type: the CloudEvents `type`, such as `invoice.paid`. Cheap to clone. Names are compared exactly.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType(Arc<str>);

impl EventType {
    /// The name that a row of the database contains, which was checked when it was stored.
    pub fn of_stored(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a segment of a path. All other characters of names may stand there as they are.
    pub fn in_path(&self) -> String {
        self.0.replace('/', "%2F")
    }

    /// All patterns that match this type: itself, each of its prefixes that ends with a separator of levels with a `*`, and `*`. So the
    /// webhooks that are subscribed to a type are found by comparing texts, however many patterns there are.
    pub fn patterns(&self) -> Vec<String> {
        let levels = self.0.char_indices().filter(|(_, sign)| LEVEL_SEPARATORS.contains(sign));
        let prefixes = levels.map(|(at, _)| format!("{}*", &self.0[..=at]));
        [self.0.to_string()].into_iter().chain(prefixes).chain(["*".to_owned()]).collect()
    }
}

impl FromStr for EventType {
    type Err = ValidationError;

    fn from_str(name: &str) -> Result<Self, ValidationError> {
        check_words(name, name)?;
        if name.ends_with(SEPARATORS) {
            return Err(ValidationError::TypeEnd);
        }
        if RESERVED.contains(&name) {
            return Err(ValidationError::TypeReserved { name: name.to_owned() });
        }
        let last = name.rsplit('/').next().unwrap_or_default();
        if RESERVED_LAST.contains(&last) {
            return Err(ValidationError::TypeReservedLast { name: last.to_owned() });
        }
        Ok(Self(name.into()))
    }
}

/// Checks what names and patterns have in common. `whole` is the text that a person wrote.
fn check_words(words: &str, whole: &str) -> Result<(), ValidationError> {
    if words.is_empty() {
        return Err(ValidationError::TypeMissing);
    }
    let allowed = |sign: &char| sign.is_ascii_alphanumeric() || SEPARATORS.contains(sign);
    if let Some(sign) = words.chars().find(|sign| !allowed(sign)) {
        return Err(ValidationError::TypeCharacter { sign: shown(sign) });
    }
    if whole.len() > TYPE_MAX {
        return Err(ValidationError::TooManyCharacters { max: TYPE_MAX as u64 });
    }
    if words.starts_with(SEPARATORS) {
        return Err(ValidationError::TypeStart);
    }
    let is_separator = |byte: &u8| SEPARATORS.contains(&char::from(*byte));
    if words.as_bytes().windows(2).any(|pair| pair.iter().all(is_separator)) {
        return Err(ValidationError::TypeSeparators);
    }
    Ok(())
}

/// A character as an error shows it: itself, or its number if it is invisible.
fn shown(sign: char) -> String {
    if sign.is_alphanumeric() || sign.is_ascii_graphic() {
        sign.to_string()
    } else {
        format!("U+{:04X}", u32::from(sign))
    }
}

/// The events to which a webhook is subscribed: one type (`invoice.paid`), all types that begin with a text (`invoice.*`), or all (`*`).
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventPattern(Arc<str>);

impl EventPattern {
    /// The pattern that a row of the database contains, which was checked when it was stored.
    pub fn of_stored(pattern: &str) -> Self {
        Self(pattern.into())
    }

    /// The pattern that matches every type.
    pub fn all() -> Self {
        Self("*".into())
    }

    /// The pattern as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The type, if the pattern is one.
    pub fn exact(&self) -> Option<EventType> {
        self.prefix().is_none().then(|| EventType(self.0.clone()))
    }

    /// The text with which a type has to begin, if the pattern ends with `*`. It is empty for `*`.
    pub fn prefix(&self) -> Option<&str> {
        self.0.strip_suffix('*')
    }

    /// Whether the pattern matches a type.
    pub fn matches(&self, event_type: &EventType) -> bool {
        match self.prefix() {
            Some(prefix) => event_type.0.starts_with(prefix),
            None => self.0 == event_type.0,
        }
    }
}

impl FromStr for EventPattern {
    type Err = ValidationError;

    fn from_str(pattern: &str) -> Result<Self, ValidationError> {
        let Some((prefix, rest)) = pattern.split_once('*') else {
            return EventType::from_str(pattern).map(Self::from);
        };
        if !rest.is_empty() || !(prefix.is_empty() || prefix.ends_with(LEVEL_SEPARATORS)) {
            return Err(ValidationError::Wildcard);
        }
        if !prefix.is_empty() {
            check_words(prefix, pattern)?;
        }
        Ok(Self(pattern.into()))
    }
}

impl From<EventType> for EventPattern {
    fn from(event_type: EventType) -> Self {
        Self(event_type.0)
    }
}

/// What texts in the API, in the database and in code have in common for names and patterns.
macro_rules! text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                *self.0 == *other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                *self.0 == **other
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|wrong: ValidationError| de::Error::custom(wrong.to_string().trim_end_matches('.')))
            }
        }
    )*};
}

text!(EventType, EventPattern);

/// The JSON Schemas of names and patterns: the rules above as regular expressions.
#[cfg(feature = "ssr")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{EventPattern, EventType, TYPE_MAX};

    impl JsonSchema for EventType {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            "EventType".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            let pattern = r"^[A-Za-z0-9]+([._\-/:][A-Za-z0-9]+)*$";
            json_schema!({ "type": "string", "minLength": 1, "maxLength": TYPE_MAX, "pattern": pattern, "examples": ["identity.created"] })
        }
    }

    impl JsonSchema for EventPattern {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            "EventPattern".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            let pattern = r"^([A-Za-z0-9]+([._\-/:][A-Za-z0-9]+)*([./:]\*)?|\*)$";
            json_schema!({ "type": "string", "minLength": 1, "maxLength": TYPE_MAX, "pattern": pattern, "examples": ["identity.*"] })
        }
    }
}

named! {
    /// What may be done with an event type.
    EventTypeState("state of an event type") {
        /// Published and delivered.
        Active = "active",
        /// Published and delivered, but another type should be used.
        Deprecated = "deprecated",
        /// Not published any more. Its events stay in the log.
        Archived = "archived",
    }

    /// Where an event type comes from.
    Origin("origin") {
        /// The pack `clearid`. Only its state can be changed.
        Clearid = "clearid",
        /// Somebody defined it.
        Custom = "custom",
        /// It was published while `CLEARHOOK_UNKNOWN_TYPES=accept`.
        Discovered = "discovered",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event_type(name: &str) -> EventType {
        name.parse().unwrap()
    }

    fn pattern(text: &str) -> EventPattern {
        text.parse().unwrap()
    }

    #[test]
    fn names_of_events_as_others_use_them_are_valid() {
        for name in [
            "a",
            "7",
            "invoice.paid",
            "com.example.order.created",
            "Microsoft.Storage.BlobCreated",
            "identity_request.created",
            "urn:example:event:1",
            "orders/created",
            "schema.changed",
            "invoice.schema",
            "check-in",
            "versions/2",
            "import.done",
            "news",
            "Import",
            &"x".repeat(TYPE_MAX),
        ] {
            let read = event_type(name);
            assert_eq!(read.to_string(), name);
            let json = serde_json::to_string(&read).unwrap();
            assert_eq!(json, format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<EventType>(&json).unwrap(), read);
        }
    }

    #[test]
    fn each_rule_of_a_name_has_its_own_sentence() {
        for (name, sentence) in [
            ("", "Enter the name of an event type, such as invoice.paid."),
            ("invoice paid", "U+0020"),
            ("facture.payée", "`é`"),
            ("счёт.оплачен", "`с`"),
            ("請求書.支払済", "`請`"),
            ("a\u{202e}b", "U+202E"),
            ("a.b\n", "U+000A"),
            ("a\0", "U+0000"),
            ("a*", "`*`"),
            ("a%2Fb", "`%`"),
            (".a", "Begin with a letter or a digit."),
            ("_a", "Begin with a letter or a digit."),
            ("a.", "End with a letter or a digit."),
            ("a:", "End with a letter or a digit."),
            ("a..b", "one separator"),
            ("a.-b", "one separator"),
            ("a/.b", "one separator"),
            ("import", "`import`"),
            ("new", "`new`"),
            ("schema", "`schema`"),
            ("a/schema", "`schema`"),
            ("a.b/versions", "`versions`"),
            ("a/b/check", "`check`"),
            (&"x".repeat(TYPE_MAX + 1), "Use at most 200 characters."),
        ] {
            let error = name.parse::<EventType>().unwrap_err().to_string();
            assert!(error.contains(sentence), "{name}: {error}");
        }
    }

    #[test]
    fn patterns_end_with_one_asterisk_after_a_separator_of_levels() {
        for text in [
            "*",
            "identity.*",
            "com.example.*",
            "orders/*",
            "urn:example:*",
            "a-b.*",
            "import.*",
            "invoice.paid",
        ] {
            assert_eq!(pattern(text).to_string(), text);
        }
        for text in [
            "**",
            "*.*",
            "*.created",
            "identity*",
            "identity_*",
            "identity-*",
            "identity.*.created",
            ".*",
            "a..*",
            "identity. *",
            "é.*",
            "",
        ] {
            assert!(text.parse::<EventPattern>().is_err(), "{text}");
        }
        assert!(format!("{}.*", "x".repeat(TYPE_MAX)).parse::<EventPattern>().is_err());
    }

    #[test]
    fn a_pattern_matches_types_below_its_prefix_at_any_depth() {
        for (text, name, matches) in [
            ("*", "a", true),
            ("*", "identity.created", true),
            ("identity.*", "identity.created", true),
            ("identity.*", "identity.picture.updated", true),
            ("identity.*", "identity", false),
            ("identity.*", "identity_request.created", false),
            ("identity.*", "Identity.created", false),
            ("com.example.*", "com.example", false),
            ("orders/*", "orders/created", true),
            ("urn:example:*", "urn:example:event:1", true),
            ("identity.created", "identity.created", true),
            ("identity.created", "identity.created.again", false),
        ] {
            assert_eq!(pattern(text).matches(&event_type(name)), matches, "{text} {name}");
        }
    }

    #[test]
    fn the_patterns_of_a_type_are_exactly_those_that_match_it() {
        let read = event_type("urn:com.example/a-b_c.d");
        assert_eq!(
            read.patterns(),
            [
                "urn:com.example/a-b_c.d",
                "urn:*",
                "urn:com.*",
                "urn:com.example/*",
                "urn:com.example/a-b_c.*",
                "*"
            ]
        );
        for text in read.patterns() {
            assert!(pattern(&text).matches(&read), "{text}");
        }
        assert_eq!(event_type("a").patterns(), ["a", "*"]);
    }
}
