//! The `data` of the events about credentials.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::catalogue::{
    payload::Payload,
    sample,
    value::{Id, Link, Name, Person, Timestamp},
};

family! {
    group_credentials:
    /// `credential.assigned`
    CredentialAssigned = "credential.assigned", [credential_assigned_name, credential_assigned_summary, credential_assigned_description];
    /// `credential.unassigned`
    CredentialUnassigned = "credential.unassigned", [credential_unassigned_name, credential_unassigned_summary, credential_unassigned_description];
    /// `credential.created`
    CredentialCreated = "credential.created", [credential_created_name, credential_created_summary, credential_created_description];
    /// `credential.updated`
    CredentialUpdated = "credential.updated", [credential_updated_name, credential_updated_summary, credential_updated_description];
    /// `credential.deleted`
    CredentialDeleted = "credential.deleted", [credential_deleted_name, credential_deleted_summary, credential_deleted_description];
}

/// The credential of the examples.
const CREDENTIAL: Id = sample::id(0x16);

/// The data of a "Credential assigned" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialAssigned {
    /// The credential with its new holder.
    pub credential: Credential,
    /// Who assigned the credential. Absent or null: a rule of the system did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_by: Option<Person>,
}

/// The data of a "Credential unassigned" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialUnassigned {
    /// The credential after the change, without a holder.
    pub credential: Credential,
    /// Who held the credential before.
    pub previous_holder: Person,
    /// Who took the credential back. Absent or null: a rule of the system did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unassigned_by: Option<Person>,
}

/// The data of a "Credential created" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialCreated {
    /// The credential as it was created.
    pub credential: Credential,
}

/// The data of a "Credential updated" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialUpdated {
    /// The whole credential after the change.
    pub credential: Credential,
    /// The status before the change. The same as the present one when something else changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<CredentialStatus>,
}

/// The data of a "Credential deleted" event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialDeleted {
    /// The credential as it was before it was deleted.
    pub credential: Credential,
}

/// A credential: what a person shows or types to be let in. The secret itself is never sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend(
    // `patternProperties` instead of `properties`, so that programs which collect the fields of an object do not find this one twice.
    "if" = json!({ "patternProperties": { "^type$": { "const": "pin" } } }),
    "then" = json!({ "not": { "required": ["number"] } }),
))]
pub struct Credential {
    /// The id of the credential.
    pub id: Id,
    /// The name of the credential, such as "Card of the reception".
    pub name: Name,
    /// What kind of credential it is.
    #[serde(rename = "type")]
    pub kind: CredentialType,
    /// How the number is encoded, such as "26-bit Wiegand".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The number with every digit but the last four replaced by `*`. Absent for a PIN, of which nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<MaskedNumber>,
    /// Who holds the credential. Absent or null: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Person>,
    /// Whether the credential can be used.
    pub status: CredentialStatus,
    /// When the credential begins to work. Absent or null: it has worked since it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// When the credential ceases to work. Absent or null: it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When the credential was created.
    pub created_at: Timestamp,
    /// When the credential last changed.
    pub updated_at: Timestamp,
    /// The address of the credential's page, for a person to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// A number of which at most the last four digits are shown, such as `****4821`. The pattern refuses a fifth digit, and a digit before a `*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("pattern" = r"^[^0-9]*([0-9][^0-9*]*){0,4}$", "maxLength" = 200))]
pub struct MaskedNumber(pub String);

/// What kind of credential it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialType {
    /// a card or a tag that is held to a reader
    Card,
    /// an app on a telephone
    Mobile,
    /// the licence plate of a vehicle, which a camera reads
    LicensePlate,
    /// a number that the person types
    Pin,
}

/// Whether a credential can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialStatus {
    /// opens what its holder may enter
    Active,
    /// opens nothing until somebody activates it
    Inactive,
    /// reported as lost, opens nothing
    Lost,
    /// reported as stolen, opens nothing
    Stolen,
    /// its end was reached, opens nothing
    Expired,
}

impl Payload for CredentialAssigned {
    const SUBJECT: (&'static str, Id) = ("credential", CREDENTIAL);

    /// A card is handed to its holder.
    fn example() -> Self {
        Self {
            credential: Credential::held(),
            assigned_by: Some(sample::priya()),
        }
    }
}

impl Payload for CredentialUnassigned {
    const SUBJECT: (&'static str, Id) = ("credential", CREDENTIAL);

    /// The same card is taken back and kept for somebody else.
    fn example() -> Self {
        Self {
            credential: Credential {
                status: CredentialStatus::Inactive,
                updated_at: "2027-03-31T15:20:00Z".into(),
                ..Credential::unheld()
            },
            previous_holder: sample::marta(),
            unassigned_by: Some(sample::priya()),
        }
    }
}

impl Payload for CredentialCreated {
    const SUBJECT: (&'static str, Id) = ("credential", CREDENTIAL);

    /// A new card that nobody holds yet.
    fn example() -> Self {
        Self {
            credential: Credential::unheld(),
        }
    }
}

impl Payload for CredentialUpdated {
    const SUBJECT: (&'static str, Id) = ("credential", CREDENTIAL);

    /// The holder reports the card as lost.
    fn example() -> Self {
        Self {
            credential: Credential {
                status: CredentialStatus::Lost,
                updated_at: "2026-09-14T06:48:21Z".into(),
                ..Credential::held()
            },
            previous_status: Some(CredentialStatus::Active),
        }
    }
}

impl Payload for CredentialDeleted {
    const SUBJECT: (&'static str, Id) = ("credential", CREDENTIAL);

    /// The lost card is removed for good.
    fn example() -> Self {
        Self {
            credential: Credential {
                status: CredentialStatus::Lost,
                updated_at: "2026-10-01T09:00:00Z".into(),
                ..Credential::unheld()
            },
        }
    }
}

impl Credential {
    fn held() -> Self {
        Self {
            holder: Some(sample::marta()),
            updated_at: "2026-03-16T11:40:00Z".into(),
            ..Self::unheld()
        }
    }

    fn unheld() -> Self {
        Self {
            id: CREDENTIAL,
            name: "Card 4821".into(),
            kind: CredentialType::Card,
            format: Some("37-bit H10304".to_owned()),
            number: Some(MaskedNumber("*******4821".to_owned())),
            holder: None,
            status: CredentialStatus::Active,
            from: Some("2026-03-16T12:00:00Z".into()),
            until: Some("2027-03-31T21:59:59Z".into()),
            created_at: "2026-03-10T14:05:00Z".into(),
            updated_at: "2026-03-10T14:05:00Z".into(),
            link: Some("https://access.example.com/credentials/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f16".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::catalogue::{BuiltIn, example::example_data, schema::data_schema};

    /// Whether the schema accepts the example with another type and number of the credential.
    fn accepted(kind: &str, number: Option<Value>) -> bool {
        let schema = event_schema::EventSchema::from_value(data_schema(BuiltIn::CredentialCreated).clone()).unwrap();
        let mut data = example_data(BuiltIn::CredentialCreated);
        data["credential"]["type"] = json!(kind);
        match number {
            Some(number) => data["credential"]["number"] = number,
            None => drop(data["credential"].as_object_mut().unwrap().remove("number")),
        }
        schema.accepts(&data)
    }

    #[test]
    fn at_most_the_last_four_digits_of_a_number_are_accepted() {
        for number in ["****4821", "4821", "*** ****-4821", "AB-**-21", "QXR 412", ""] {
            assert!(accepted("card", Some(json!(number))), "{number}");
        }
        for number in ["14821", "48*21", "4821*", "1 ****4821", "00000000"] {
            assert!(!accepted("card", Some(json!(number))), "{number}");
        }
        assert!(accepted("card", None) && accepted("license_plate", Some(Value::Null)));
    }

    #[test]
    fn the_number_of_a_pin_is_refused() {
        assert!(accepted("pin", None));
        for number in [json!("1234"), json!("****"), Value::Null] {
            assert!(!accepted("pin", Some(number.clone())), "{number}");
        }
    }

    #[test]
    fn every_example_shows_four_digits_at_most() {
        for event in BuiltIn::ALL.into_iter().filter(|event| event.as_str().starts_with("credential.")) {
            let number = example_data(event)["credential"]["number"].as_str().unwrap().to_owned();
            assert_eq!(number.chars().filter(char::is_ascii_digit).count(), 4, "{event}");
        }
    }
}
