//! Objects by what a person calls them.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::{
    cli::{
        client::{Answer, Client, Failure, Items},
        error::CliError,
        plain::printable,
        suggest::nearest,
    },
    domain::{
        event_type::EventType,
        id::{WebhookId, listed},
    },
};

#[derive(Deserialize)]
struct Named {
    id: WebhookId,
    name: String,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    event_type: String,
}

/// The id of the webhook with this id or this name. A name that several webhooks have is an error with their ids.
pub(super) async fn webhook(client: &Client, given: &str) -> Result<WebhookId, CliError> {
    if let Ok(id) = given.parse() {
        return Ok(id);
    }
    let mut items = Items::of(client, "/webhooks", None).filter("q", Some(given));
    let named = all(&mut items, |named: &Named| named.name == given).await?;
    match named.as_slice() {
        [only] => Ok(only.id),
        [] => {
            let all = all(&mut Items::of(client, "/webhooks", Some(1_000)), |_: &Named| true).await?;
            let hint = nearest(given, all.iter().map(|named| named.name.as_str()))
                .map_or_else(String::new, |near| format!("did you mean `{}`? ", printable(near)));
            Err(CliError::Other(format!(
                "there is no webhook with the id or the name `{}`; {hint}`clearhook webhook list` shows all",
                printable(given)
            )))
        }
        several => {
            let ids: Vec<WebhookId> = several.iter().map(|named| named.id).collect();
            Err(CliError::Other(format!(
                "{} webhooks have the name `{}`; give the id of one of them: {}",
                several.len(),
                printable(given),
                listed(&ids)
            )))
        }
    }
}

async fn all<T: serde::de::DeserializeOwned>(items: &mut Items<'_>, wanted: impl Fn(&T) -> bool) -> Result<Vec<T>, CliError> {
    let mut found = Vec::new();
    while let Some(page) = items.next().await? {
        for item in page {
            let item: T = serde_json::from_str(item.get())
                .map_err(|error| CliError::Other(format!("the answer of the server cannot be read: {error}")))?;
            if wanted(&item) {
                found.push(item);
            }
        }
    }
    Ok(found)
}

/// The answer to a request about an event type. If there is no such type, the error names the most similar one.
pub(super) async fn of_event_type(client: &Client, given: &EventType, answer: Result<Answer, Failure>) -> Result<Answer, CliError> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(Failure::Refused(StatusCode::NOT_FOUND, body)) => {
            let all = all(&mut Items::of(client, "/event-types", None), |_: &Typed| true).await?;
            // The type may be there, and lack what was asked for, such as a version.
            if all.iter().any(|known| known.event_type == given.as_str()) {
                return Err(Failure::Refused(StatusCode::NOT_FOUND, body).at(client.url()));
            }
            let hint = nearest(given.as_str(), all.iter().map(|known| known.event_type.as_str()))
                .map_or_else(String::new, |near| format!("did you mean {}? ", printable(near)));
            Err(CliError::Other(format!(
                "there is no event type {given}; {hint}`clearhook event-type list` shows all"
            )))
        }
        Err(failure) => Err(failure.at(client.url())),
    }
}
