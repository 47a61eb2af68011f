//! Hides the values that an event type declares as hidden. Receivers and programs get them.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    app::AppState,
    domain::{audit::MASK, event_type::EventType},
    services::error::UseCaseError,
    storage::callbacks::CallbackDetails,
};

/// A callback whose request body lacks the hidden values of its event type. Returns whether anything was hidden.
pub(in crate::console::pages) async fn hide_values(app: &AppState, details: &mut CallbackDetails) -> Result<bool, UseCaseError> {
    let Some(body) = &details.request_body else { return Ok(false) };
    let pointers = pointers_of(app, &details.record.event_type).await?;
    if pointers.is_empty() {
        return Ok(false);
    }
    let masked = masked(body, &pointers);
    let is_changed = masked != *body;
    details.request_body = Some(masked);
    Ok(is_changed)
}

async fn pointers_of(app: &AppState, event_type: &EventType) -> Result<Vec<String>, UseCaseError> {
    let types = app.event_types.current().await?;
    let name = event_type.as_str();
    let of_catalogue = types.get(name).map(|entry| entry.masked().to_vec());
    let pointers = of_catalogue.or_else(|| types.hidden(name).map(|record| record.fields.masked.clone()));
    Ok(pointers.unwrap_or_default())
}

/// The body of a callback in which a mask replaces the values in `data` at these JSON pointers (RFC 6901). Everything else stays byte for byte.
fn masked(body: &str, pointers: &[String]) -> String {
    let mut spans = Vec::new();
    for pointer in pointers {
        let tokens = std::iter::once("data".to_owned()).chain(pointer.split('/').skip(1).map(unescaped));
        let tokens: Vec<String> = tokens.collect();
        match serde_json::from_str::<&RawValue>(body) {
            Ok(whole) => find(whole.get(), &tokens, body, &mut spans),
            // Nothing is known about where the values are.
            Err(_) => return format!("\"{MASK}\""),
        }
    }
    // A value can be inside of another one that is hidden as a whole.
    spans.sort_unstable_by_key(|(from, to)| (*from, std::cmp::Reverse(*to)));
    let (mut text, mut done) = (String::with_capacity(body.len()), 0);
    for (from, to) in spans {
        if from < done {
            continue;
        }
        text.push_str(body.get(done..from).unwrap_or_default());
        text.extend(["\"", MASK, "\""]);
        done = to;
    }
    text.push_str(body.get(done..).unwrap_or_default());
    text
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Adds the places in `body` of the values that these tokens lead to. An object may have several members of a name.
fn find(value: &str, tokens: &[String], body: &str, spans: &mut Vec<(usize, usize)>) {
    let Some((token, rest)) = tokens.split_first() else {
        // `value` is a part of `body`.
        let from = (value.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
        spans.push((from, from + value.len()));
        return;
    };
    match value.trim_start().as_bytes().first() {
        Some(b'{') => {
            let members = serde_json::from_str::<Members<'_>>(value)
                .map(|members| members.0)
                .unwrap_or_default();
            for (name, member) in members {
                if name == *token {
                    find(member.get(), rest, body, spans);
                }
            }
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(value).unwrap_or_default();
            // No leading zeros (RFC 6901, section 4).
            let place = token.parse::<usize>().ok().filter(|place| place.to_string() == *token);
            if let Some(item) = place.and_then(|place| items.get(place)) {
                find(item.get(), rest, body, spans);
            }
        }
        _ => {}
    }
}

/// The members of an object, each value as it is written.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(body: &str, pointers: &[&str]) -> String {
        let pointers: Vec<String> = pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
        masked(body, &pointers)
    }

    #[test]
    fn only_the_named_values_are_hidden_and_the_rest_stays_as_it_is() {
        let body = r#"{"id":"1", "data" : {"card": {"number": 4111.50, "name":"Ann \u00e9"}, "a/b":[1, "x" ,{"c":null}],"~":true}}"#;
        for (pointers, expected) in [
            (&["/card/number"][..], body.replace("4111.50", "\"••••••\"")),
            (&["/a~1b/1"], body.replace("\"x\"", "\"••••••\"")),
            (
                &["/a~1b/2/c", "/~0"],
                body.replace("null", "\"••••••\"").replace("true", "\"••••••\""),
            ),
            (
                &["/card", "/card/number"],
                body.replace(r#"{"number": 4111.50, "name":"Ann \u00e9"}"#, "\"••••••\""),
            ),
            (&["/missing", "/a~1b/01", "/a~1b/7", "/card/number/deeper"], body.to_owned()),
            (&[""], r#"{"id":"1", "data" : "••••••"}"#.to_owned()),
        ] {
            assert_eq!(hidden(body, pointers), expected, "{pointers:?}");
        }
    }

    #[test]
    fn repeated_members_are_all_hidden_and_an_unreadable_body_as_a_whole() {
        assert_eq!(
            hidden(r#"{"data":{"a":1,"a":2}}"#, &["/a"]),
            r#"{"data":{"a":"••••••","a":"••••••"}}"#
        );
        assert_eq!(hidden("{\"data\":", &["/a"]), "\"••••••\"");
        assert_eq!(hidden(r#"{"data":"text"}"#, &["/a"]), r#"{"data":"text"}"#);
    }
}
