//! JSON that is not a CloudEvent: the body is the data of an event, and the query string has its attributes.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::{
    auth::principal::Principal,
    services::events::{
        IngestError,
        cloud_event::{CloudEvent, of_data},
    },
    storage::idempotency::OnceRequest,
};

/// The attributes that the query may have.
const ATTRIBUTES: [&str; 5] = ["type", "source", "id", "subject", "time"];

/// Reads an event. The default of `source` identifies the API key. The default of `id` is a new UUID, so that the event is never a
/// duplicate; with an `Idempotency-Key`, one that is the same when the request is repeated.
pub fn event<'a>(query: &'a str, body: &'a [u8], by: &Principal) -> Result<CloudEvent<'a>, IngestError> {
    let mut event = of_data(body)?;
    if percent_decode_str(query).decode_utf8().is_err() {
        return Err(IngestError::malformed(
            "",
            "The query is not UTF-8. Percent-encode its values as UTF-8.",
        ));
    }
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let Some(name) = ATTRIBUTES.into_iter().find(|known| *known == name) else {
            let detail = format!("There is no parameter `{}`. Use {}.", cut(&name), ATTRIBUTES.join(", "));
            return Err(IngestError::malformed(&format!("/{}", cut(&name)), detail));
        };
        let attribute = match name {
            "type" => &mut event.event_type,
            "source" => &mut event.source,
            "id" => &mut event.id,
            "subject" => &mut event.subject,
            _ => &mut event.time,
        };
        // An unencoded plus sign is decoded as a space. A time has no spaces, so this is reverted.
        let value = if name == "time" {
            Cow::Owned(value.replace(' ', "+"))
        } else {
            value
        };
        if attribute.replace(value).is_some() {
            return Err(IngestError::malformed(
                &format!("/{name}"),
                "This parameter is there twice. Give it once.",
            ));
        }
    }
    event.specversion = Some(Cow::Borrowed("1.0"));
    event.source.get_or_insert_with(|| Cow::Owned(source_of(by)));
    event
        .id
        .get_or_insert_with(|| Cow::Owned(OnceRequest::id_of_current().unwrap_or_else(Uuid::now_v7).to_string()));
    Ok(event)
}

fn source_of(by: &Principal) -> String {
    match by {
        Principal::Key(holder) => format!("/api-keys/{}", holder.key),
        _ => "urn:clearhook".to_owned(),
    }
}

fn cut(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(100).collect()
}
