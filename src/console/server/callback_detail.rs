//! The view of one callback with everything in it.

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        calls::{AgainView, AttemptView, BodyView, OpenCallbackView, SentHeaderView},
        server::{indent::indented, log::row, time_view, urls::Links},
    },
    domain::{delivery::DeliveryState, id::CallbackId, timestamp::Timestamp},
    messages::{Lang, logs as say},
    services::error::UseCaseError,
    services::webhooks,
    storage::{
        callbacks::{CallbackDetails, ShownHeaders},
        delivery_status::Standing,
        webhooks::WebhookRecord,
    },
};

/// An open callback; none when there is none with this id in this webhook's log.
pub async fn callback(
    app: &AppState,
    by: &Principal,
    webhook: &WebhookRecord,
    id: CallbackId,
    links: &Links<'_>,
    zone: &TimeZone,
    lang: Lang,
) -> Result<Option<OpenCallbackView>, UseCaseError> {
    let details = match webhooks::callback(app, by, id).await {
        Ok(details) if details.record.webhook == webhook.id => details,
        Ok(_) | Err(UseCaseError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let (attempts, standing) = webhooks::attempts(app, by, &details.record).await?;
    let attempts = attempts.iter().map(|attempt| AttemptView {
        callback: row(attempt, links.callback(Some(&attempt.id.to_string())), zone, lang),
        number: say::attempt_number(lang, &attempt.attempt.to_string(), attempt.trigger.as_str()),
        current: attempt.id == id,
    });
    let (standing, due) = stands(standing.as_ref(), zone, lang);
    let may = by.may(Action::Resend, false).is_ok();
    let record = &details.record;
    let ended = Timestamp(record.at.0.saturating_add(record.duration_ms));
    Ok(Some(OpenCallbackView {
        callback: row(record, links.callback(None), zone, lang),
        delivery: record.delivery.message_id(),
        event_id: record.event.to_string(),
        ce_id: details.ce_id.clone().zip(details.source.clone()),
        trigger: record.trigger.to_string(),
        ended: time_view(ended, zone, lang),
        attempts: attempts.collect(),
        standing,
        due,
        curl: curl(&details),
        again: AgainView {
            action: (may && webhook.enabled && details.request_body.is_some())
                .then(|| format!("{}/callbacks/{id}/send-again", links.path())),
            not: may.then(|| obstacle(webhook, &details, lang)).flatten(),
            query: links.here(),
            done: links.sent().map(|sent| outcome(sent, lang)),
        },
        detail: details.detail,
        request_headers: header_views(details.request_headers),
        request_body: details.request_body.map(body_view),
        response_body: details
            .received
            .as_ref()
            .filter(|received| !received.body.is_empty())
            .map(|received| body_view(String::from_utf8_lossy(&received.body).into_owned())),
        incomplete: details.received.as_ref().and_then(|received| received.incomplete.clone()),
        truncated: details.received.as_ref().is_some_and(|received| received.truncated),
        response_headers: details.received.map(|received| header_views(received.headers)),
    }))
}

/// Why a callback cannot be sent again.
fn obstacle(webhook: &WebhookRecord, details: &CallbackDetails, lang: Lang) -> Option<String> {
    let why = if !webhook.enabled {
        say::not_while_disabled(lang)
    } else if details.request_body.is_none() {
        say::too_old(lang)
    } else {
        return None;
    };
    Some(why.to_owned())
}

fn outcome(sent: &str, lang: Lang) -> (bool, String) {
    match sent {
        "again" => (true, say::sent_again(lang).to_owned()),
        "soon" => (true, say::sent_soon(lang).to_owned()),
        _ => (false, say::not_sent(lang).to_owned()),
    }
}

/// How a delivery stands, and when the next attempt is due.
fn stands(standing: Option<&Standing>, zone: &TimeZone, lang: Lang) -> (String, Option<crate::console::calls::TimeView>) {
    let now = Timestamp::now();
    let (text, due) = match standing {
        None => (say::stands_unknown(lang), None),
        Some(Standing { state, due, .. }) => match (state, due) {
            (DeliveryState::Pending, Some(due)) if *due > now => (say::stands_due(lang), Some(*due)),
            (DeliveryState::Pending, Some(_)) => (say::stands_now(lang), None),
            (DeliveryState::Pending, None) => (say::stands_waiting(lang), None),
            (DeliveryState::Sending, _) => (say::stands_sending(lang), None),
            (DeliveryState::Succeeded, _) => (say::stands_succeeded(lang), None),
            (DeliveryState::Failed, _) => (say::stands_failed(lang), None),
            (DeliveryState::Held, _) => (say::stands_held(lang), None),
        },
    };
    (text.to_owned(), due.map(|due| time_view(due, zone, lang)))
}

fn header_views(headers: ShownHeaders) -> Vec<SentHeaderView> {
    headers.into_iter().map(|(name, value)| SentHeaderView { name, value }).collect()
}

fn body_view(raw: String) -> BodyView {
    BodyView {
        indented: indented(&raw),
        raw,
    }
}

/// The request as a command for a shell, byte for byte. Values of additional headers are not known here: they stand as they are shown.
fn curl(details: &CallbackDetails) -> Option<String> {
    let body = details.request_body.as_deref()?;
    let first = format!("curl --request POST {}", quoted(&details.record.url));
    let headers = details.request_headers.iter();
    let headers = headers.map(|(name, value)| format!("--header {}", quoted(&format!("{name}: {value}"))));
    let last = format!("--data-raw {}", quoted(body));
    let words: Vec<String> = std::iter::once(first).chain(headers).chain([last]).collect();
    Some(words.join(" \\\n  "))
}

/// A word of a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_shell_hold_anything() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $(rm -rf /) `x` \"y\""), "'it'\\''s $(rm -rf /) `x` \"y\"'");
    }
}
