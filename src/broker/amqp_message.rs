//! Messages of AMQP 0-9-1: from properties to attributes, and the copies of rejected messages.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use lapin::{
    BasicProperties,
    message::Delivery,
    types::{AMQPValue, FieldTable, LongString, ShortString},
};

use crate::{
    domain::{timestamp::Timestamp, trace_context::TraceContext},
    services::events::{
        extension::ExtensionValue,
        message::{Message, PlainAttributes, Rejection, attribute_name},
    },
};

/// `source` of plain JSON.
const SOURCE: &str = "urn:clearhook:rabbitmq";
const NO_TYPE: &str = "The message is neither a CloudEvent nor plain JSON with a type. Set the content type application/cloudevents+json \
     for a CloudEvent, or the property type for plain JSON.";
const NO_ID: &str = "Plain JSON needs the property message_id, by which a message that is delivered twice is recognised.";
/// The properties and headers of a copy must fit into one frame, which has 128 KiB by default (`frame_max`). The original headers are left
/// out if they are larger than this.
const HEADERS_MAX: usize = 96 * 1024;
/// Persistent (AMQP 0-9-1, `basic.delivery-mode`).
const PERSISTENT: u8 = 2;
/// Headers by which `RabbitMQ` would send a copy elsewhere as well ("sender-selected distribution").
const ROUTING: [&str; 2] = ["CC", "BCC"];

/// The message in terms that all brokers have.
pub(super) fn message(delivery: &Delivery) -> Message {
    let properties = &delivery.properties;
    let text = |property: &Option<ShortString>| property.as_ref().map(|text| text.as_str().to_owned());
    let headers = properties.headers().as_ref().map(FieldTable::inner);
    let header = |name: &str| match headers?.get(&ShortString::from(name))? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    };
    let trace = header("traceparent").and_then(|parent| TraceContext::of_headers(parent, header("tracestate")));
    let attributes = headers
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((attribute_name(name.as_str())?, attribute(value)?)))
        .collect();
    let plain = match (text(properties.kind()), text(properties.message_id())) {
        (None, _) => Err(NO_TYPE),
        (Some(_), None) => Err(NO_ID),
        (Some(event_type), Some(id)) => Ok(PlainAttributes {
            event_type,
            id,
            source: SOURCE.to_owned(),
            time: properties.timestamp().and_then(time),
        }),
    };
    Message {
        content_type: text(properties.content_type()),
        content_encoding: text(properties.content_encoding()),
        attributes,
        plain,
        trace,
        body: Bytes::copy_from_slice(&delivery.data),
    }
}

/// A value as an attribute (AMQP binding of CloudEvents, section 2.2). `None` if it is absent.
fn attribute(value: &AMQPValue) -> Option<Result<ExtensionValue<'static>, &'static str>> {
    let integer = |number: i64| {
        i32::try_from(number)
            .map(ExtensionValue::Integer)
            .map_err(|_| "The number has more than 32 bits.")
    };
    let string = |text: String| Ok(ExtensionValue::String(text.into()));
    Some(match value {
        AMQPValue::Boolean(truth) => Ok(ExtensionValue::Boolean(*truth)),
        AMQPValue::ShortShortInt(number) => integer((*number).into()),
        AMQPValue::ShortShortUInt(number) => integer((*number).into()),
        AMQPValue::ShortInt(number) => integer((*number).into()),
        AMQPValue::ShortUInt(number) => integer((*number).into()),
        AMQPValue::LongInt(number) => integer((*number).into()),
        AMQPValue::LongUInt(number) => integer((*number).into()),
        AMQPValue::LongLongInt(number) => integer(*number),
        AMQPValue::ShortString(text) => string(text.as_str().to_owned()),
        AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => string(text.to_owned()),
            Err(_) => Err("The value is not UTF-8."),
        },
        AMQPValue::Timestamp(seconds) => match time(*seconds) {
            Some(time) => string(time),
            None => Err("The time is not within the years that RFC 3339 can express."),
        },
        AMQPValue::ByteArray(bytes) => string(STANDARD.encode(bytes.as_slice())),
        AMQPValue::Void => return None,
        AMQPValue::Float(_) | AMQPValue::Double(_) | AMQPValue::DecimalValue(_) | AMQPValue::FieldArray(_) | AMQPValue::FieldTable(_) => {
            Err("Attributes of CloudEvents are strings, booleans, whole numbers, times or bytes.")
        }
    })
}

/// A time in seconds as RFC 3339, up to the year 9999.
fn time(seconds: u64) -> Option<String> {
    const YEAR_10000: u64 = 253_402_300_800;
    let seconds = i64::try_from(seconds).ok().filter(|_| seconds < YEAR_10000)?;
    Some(Timestamp(seconds * 1_000).to_string())
}

/// Sets a property.
type SetProperty = fn(BasicProperties, ShortString) -> BasicProperties;

/// The properties of the copy of a rejected message. The original ones are kept, except those that would change what the broker does with the
/// copy; these become headers.
pub(super) fn rejected_properties(delivery: &Delivery, rejection: &Rejection) -> BasicProperties {
    let original = &delivery.properties;
    let mut headers = FieldTable::default();
    let kept = original.headers().as_ref().map(FieldTable::inner).into_iter().flatten();
    if size_of(original.headers().as_ref()) <= HEADERS_MAX {
        for (name, value) in kept {
            let name = if ROUTING.contains(&name.as_str()) {
                format!("clearhook-original-{name}").into()
            } else {
                name.clone()
            };
            headers.insert(name, value.clone());
        }
    } else {
        headers.insert("clearhook-headers-omitted".into(), AMQPValue::Boolean(true));
    }
    let mut insert = |name: &str, text: &str| {
        headers.insert(name.into(), AMQPValue::LongString(LongString::from(text)));
    };
    insert("clearhook-code", rejection.code);
    insert("clearhook-reason", &rejection.reason);
    insert("clearhook-exchange", delivery.exchange.as_str());
    insert("clearhook-routing-key", delivery.routing_key.as_str());
    for (name, value) in [
        ("clearhook-original-expiration", original.expiration()),
        ("clearhook-original-reply-to", original.reply_to()),
        ("clearhook-original-user-id", original.user_id()),
    ] {
        if let Some(value) = value {
            insert(name, value.as_str());
        }
    }
    let mut properties = BasicProperties::default().with_delivery_mode(PERSISTENT).with_headers(headers);
    let kept: [(SetProperty, _); 6] = [
        (BasicProperties::with_content_type, original.content_type()),
        (BasicProperties::with_content_encoding, original.content_encoding()),
        (BasicProperties::with_correlation_id, original.correlation_id()),
        (BasicProperties::with_message_id, original.message_id()),
        (BasicProperties::with_type, original.kind()),
        (BasicProperties::with_app_id, original.app_id()),
    ];
    for (with, value) in kept {
        if let Some(value) = value {
            properties = with(properties, value.clone());
        }
    }
    match original.timestamp() {
        Some(seconds) => properties.with_timestamp(*seconds),
        None => properties,
    }
}

/// The size of headers in a frame, in bytes, estimated from above.
fn size_of(headers: Option<&FieldTable>) -> usize {
    fn of_value(value: &AMQPValue) -> usize {
        5 + match value {
            AMQPValue::ShortString(text) => text.as_str().len(),
            AMQPValue::LongString(text) => text.len(),
            AMQPValue::ByteArray(bytes) => bytes.len(),
            AMQPValue::FieldTable(table) => of_table(table),
            AMQPValue::FieldArray(values) => values.as_slice().iter().map(of_value).sum(),
            _ => 8,
        }
    }
    fn of_table(table: &FieldTable) -> usize {
        table
            .inner()
            .iter()
            .map(|(name, value)| 1 + name.as_str().len() + of_value(value))
            .sum()
    }
    headers.map_or(0, of_table)
}
