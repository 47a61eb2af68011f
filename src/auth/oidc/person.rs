//! Reads the user's identity from the claims of a provider. Providers differ: see the table in the README, and `tests/integration/oidc_shapes.rs`.

use serde_json::Value;

use crate::auth::oidc::{settings::OidcSettings, token::Claims};

/// Whether the provider has verified an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verified {
    Yes,
    No,
    /// The claim is missing (Entra ID).
    Unstated,
}

/// A user as described by the claims.
pub(super) struct Person {
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) verified: Verified,
    pub(super) roles: Vec<String>,
}

/// Reads what the claims say.
pub(super) fn person(claims: &Claims, settings: &OidcSettings) -> Person {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let email = text("email");
    let mut verified = verified(claims.get("email_verified"));
    // Entra ID's optional claim: whether the domain of the address is verified by its owner.
    if verified == Verified::Unstated && self::verified(claims.get("xms_edov")) == Verified::Yes {
        verified = Verified::Yes;
    }
    // If there is no address, the sign-in name of Entra ID is used, which has the same form.
    let (email, verified) = match email {
        None if settings.trust_email && verified != Verified::No => {
            (text("preferred_username").or_else(|| text("upn")), Verified::Unstated)
        }
        email => (email, verified),
    };
    Person {
        subject: text("sub").unwrap_or_default(),
        email,
        verified,
        roles: values(claims, &settings.role_claim),
    }
}

/// Cognito returns a string instead of a boolean.
fn verified(claim: Option<&Value>) -> Verified {
    match claim {
        Some(Value::Bool(true)) => Verified::Yes,
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") || text == "1" => Verified::Yes,
        Some(Value::Number(number)) if number.as_i64() == Some(1) => Verified::Yes,
        None | Some(Value::Null) => Verified::Unstated,
        Some(_) => Verified::No,
    }
}

/// The values of a claim: a string, the strings of an array, or the keys of an object (Zitadel). If there is no claim with this name, the
/// name is treated as a path with dots. The names in the path may contain dots themselves.
pub(super) fn values(claims: &Claims, name: &str) -> Vec<String> {
    match find(claims, name) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::Object(members)) => members.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let dots = name.match_indices('.').map(|(at, _)| at);
        dots.filter_map(|at| {
            claims
                .get(&name[..at])
                .and_then(Value::as_object)
                .map(|inner| (inner, &name[at + 1..]))
        })
        .find_map(|(inner, rest)| find(inner, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_claim_is_a_text_a_list_an_object_or_deep_inside() {
        let claims: Claims = serde_json::from_str(
            r#"{"role": "admins", "roles": ["a", 7, "b"], "realm_access": {"roles": ["c"]}, "https://example.com/role": "d", "n": 1,
                "resource_access": {"my.client": {"roles": ["e"]}}, "urn:zitadel:iam:org:project:roles": {"f": {"1": "x.example"}, "g": {}}}"#,
        )
        .unwrap();
        assert_eq!(values(&claims, "role"), ["admins"]);
        assert_eq!(values(&claims, "roles"), ["a", "b"]);
        assert_eq!(values(&claims, "realm_access.roles"), ["c"]);
        assert_eq!(values(&claims, "https://example.com/role"), ["d"]);
        assert_eq!(values(&claims, "resource_access.my.client.roles"), ["e"]);
        assert_eq!(values(&claims, "urn:zitadel:iam:org:project:roles"), ["f", "g"]);
        for none in ["n", "nothing", "role.x", "realm_access.x", "realm_access.roles.c", "", "."] {
            assert!(values(&claims, none).is_empty(), "{none}");
        }
    }

    #[test]
    fn email_is_verified_only_by_an_explicit_claim() {
        for (value, expected) in [
            ("true", Verified::Yes),
            (r#""true""#, Verified::Yes),
            (r#""True""#, Verified::Yes),
            ("1", Verified::Yes),
            ("null", Verified::Unstated),
            ("false", Verified::No),
            (r#""false""#, Verified::No),
            (r#""""#, Verified::No),
            ("0", Verified::No),
            ("[]", Verified::No),
        ] {
            let value: Value = serde_json::from_str(value).unwrap();
            assert_eq!(verified(Some(&value)), expected, "{value}");
        }
        assert_eq!(verified(None), Verified::Unstated);
    }
}
