//! Loads one callback with all details.

use jiff::tz::TimeZone;
use url::Url;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::{body::BodyView, time::TimeView},
        pages::{
            deliveries::{
                pause_words::{PauseView, pause_view},
                spans::span,
            },
            log::{
                connection_view::{CertificateView, PhasesView, certificate_views, phases_view},
                indent::indented,
                load_log::log_zone,
                log_query::LogQuery,
                log_rows::{CallbackRow, row},
                log_urls::LogUrls,
                masking::hide_values,
                verdict::{VerdictView, full_verdict},
            },
            webhooks::list_origin::with_list,
        },
        server::{
            dates::{in_words, to_the_millisecond},
            lang, time_view,
        },
    },
    domain::{
        audit::MASK,
        callback::Outcome,
        delivery::DeliveryState,
        id::{CallbackId, WebhookId},
        timestamp::Timestamp,
    },
    messages::{Lang, logs as say},
    services::error::UseCaseError,
    services::webhooks,
    storage::{
        callbacks::{CallbackDetails, ShownHeaders},
        delivery_status::DeliveryStatus,
        webhooks::WebhookRecord,
    },
};

/// The headers that clearhook sends itself.
const OWN_HEADERS: [&str; 10] = [
    "host",
    "content-type",
    "content-length",
    "user-agent",
    "accept",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "traceparent",
    "tracestate",
];

/// A header of a request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderLine {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A callback with all details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackDetailsView {
    /// The row of the log. Its link closes the callback.
    pub row: CallbackRow,
    /// The id of the delivery.
    pub delivery: String,
    /// The id of the event.
    pub event_id: String,
    /// The id that the publisher gave the event, and its source. `None` if the event is no longer stored.
    pub ce_id: Option<(String, String)>,
    /// The subject of the event.
    pub subject: Option<String>,
    /// The reason of the attempt.
    pub trigger: String,
    /// When the attempt began: in the viewer's zone and in UTC, to the millisecond.
    pub began: (String, String),
    /// What happened, and what to do.
    pub verdict: VerdictView,
    /// Whether the viewer may send it again.
    pub may_resend: bool,
    /// The whole address of this callback, for somebody who may.
    pub permalink: String,
    /// The addresses of the downloads of the bodies.
    pub downloads: (String, String),
    /// More about a failure.
    pub detail: Option<String>,
    /// How long the parts of the attempt took.
    pub phases: Option<PhasesView>,
    /// The certificates that were refused.
    pub certificates: Vec<CertificateView>,
    /// The target of a redirect, which can become the URL of the webhook.
    pub redirect: Option<RedirectView>,
    /// The headers of the request.
    pub request_headers: Vec<HeaderLine>,
    /// The body of the request. `None` if the event is no longer stored.
    pub request_body: Option<BodyView>,
    /// Whether the event was erased.
    pub is_erased: bool,
    /// The headers of the response. `None` if there was no response.
    pub response_headers: Option<Vec<HeaderLine>>,
    /// The start of the body of the response. `None` if it is empty.
    pub response_body: Option<BodyView>,
    /// Why the body of the response was not received completely.
    pub incomplete: Option<String>,
    /// Whether the body of the response was longer than what is stored.
    pub truncated: bool,
    /// All attempts of the delivery, oldest first.
    pub attempts: Vec<AttemptView>,
    /// The state of the delivery.
    pub state: String,
    /// When the next attempt is due.
    pub due: Option<TimeView>,
    /// The time until the next attempt: "next in 40 s".
    pub next_in: Option<String>,
    /// Why callbacks of the webhook pause, if the delivery waits for that.
    pub pause: Option<PauseView>,
    /// The request as a cURL command, without secrets.
    pub curl: Option<String>,
    /// Redelivery.
    pub redelivery: RedeliveryView,
}

/// The button "Use this URL".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectView {
    /// The action of the form.
    pub action: String,
    /// The present URL.
    pub from: String,
    /// The target of the redirect.
    pub to: String,
    /// The host of the target, if it is another one.
    pub other_host: Option<String>,
    /// Whether the receiver says that it moved only for some time (302, 303, 307).
    pub is_temporary: bool,
}

/// An attempt of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptView {
    /// The row of the log.
    pub row: CallbackRow,
    /// The number of the attempt and its reason.
    pub number: String,
    /// The time since the attempt before it: "after 5 s".
    pub gap: Option<String>,
    /// Whether it is the open callback.
    pub current: bool,
}

/// The button "Send again".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedeliveryView {
    /// The action of the form. `None` if the callback cannot be redelivered.
    pub action: Option<String>,
    /// Why it cannot be redelivered.
    pub obstacle: Option<String>,
    /// The query of the page without the open callback.
    pub query: String,
    /// The result of the last redelivery: whether it succeeded, and a sentence.
    pub result: Option<(bool, String)>,
}

/// Loads a callback. `None` if the log of this webhook has no callback with this id.
pub async fn callback(
    app: &AppState,
    by: &Principal,
    webhook: &WebhookRecord,
    id: CallbackId,
    urls: &LogUrls<'_>,
    zone: &TimeZone,
    lang: Lang,
) -> Result<Option<CallbackDetailsView>, UseCaseError> {
    let mut details = match webhooks::callback(app, by, id).await {
        Ok(details) if details.record.webhook == webhook.id => details,
        Ok(_) | Err(UseCaseError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    hide_values(app, &mut details).await?;
    let (attempts, standing) = webhooks::attempts(app, by, &details.record).await?;
    let before = std::iter::once(None).chain(attempts.iter().map(|attempt| Some(attempt.at)));
    let attempts = attempts.iter().zip(before).map(|(attempt, before)| AttemptView {
        row: row(attempt, urls.callback(&attempt.id.to_string()), zone, lang),
        gap: before.map(|before| say::gap(lang, &span(attempt.at.since(before), lang))),
        number: say::attempt_number(lang, &attempt.attempt.to_string(), attempt.trigger.as_str()),
        current: attempt.id == id,
    });
    let is_waiting = standing.as_ref().is_some_and(|status| status.state == DeliveryState::Pending);
    let pause = if is_waiting {
        let waiting = webhooks::delivery_counts(app, by, webhook.id).await?.waiting;
        pause_view(app, by, webhook.id, waiting, lang).await?
    } else {
        None
    };
    let (state, due) = delivery_state(standing.as_ref(), app.store.now(), pause.is_some(), zone, lang);
    let due_at = standing
        .as_ref()
        .filter(|_| is_waiting && due.is_some())
        .and_then(|status| status.due);
    let secret_of = webhook.secret_created_at.map(|at| in_words(at, zone, lang));
    let may = by.may(Action::Resend, false).is_ok();
    let may_change = by.may(Action::WriteWebhooks, false).is_ok();
    let details = if may_change { details } else { without_values(details, webhook) };
    let record = &details.record;
    let since = if may && record.outcome == Outcome::Failed {
        app.store.deliveries_created([record.delivery]).await?.remove(&record.delivery)
    } else {
        None
    };
    let began = (
        to_the_millisecond(record.at, zone, lang),
        to_the_millisecond(record.at, &TimeZone::UTC, lang),
    );
    let body = |which: &str| format!("{}/callbacks/{id}/{which}", urls.path());
    Ok(Some(CallbackDetailsView {
        row: CallbackRow {
            since_this: since.map(|at| urls.send_again_since(at)),
            ..row(record, urls.closed(), zone, lang)
        },
        delivery: record.delivery.message_id(),
        event_id: record.event.to_string(),
        ce_id: details.ce_id.clone().zip(details.source.clone()),
        trigger: record.trigger.to_string(),
        subject: details.subject.clone(),
        began,
        verdict: full_verdict(&details, secret_of.as_deref(), lang),
        may_resend: may,
        permalink: format!(
            "{}{}?callback={id}",
            app.front.public_url.as_str().trim_end_matches('/'),
            urls.path()
        ),
        downloads: (body("request-body"), body("response-body")),
        next_in: due_at.map(|due| say::next_in(lang, &span(due.since(app.store.now()), lang))),
        pause,
        attempts: attempts.collect(),
        state,
        due,
        curl: curl(&details),
        redelivery: RedeliveryView {
            action: (may && webhook.fields.enabled && details.request_body.is_some())
                .then(|| format!("{}/callbacks/{id}/send-again", urls.path())),
            obstacle: may.then(|| obstacle(webhook, &details, lang)).flatten(),
            query: urls.closed_query(),
            result: urls.sent().map(|sent| outcome(sent, lang)),
        },
        redirect: may_change.then(|| redirect_view(app, webhook, &details, urls)).flatten(),
        phases: phases_view(&details.phases, lang),
        certificates: certificate_views(&details.certificates, record.at, zone, lang),
        detail: details.detail,
        request_headers: header_views(details.request_headers),
        request_body: details.request_body.map(body_view),
        is_erased: details.is_erased,
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

/// Loads the callback that a query opens. `None` if the log of this webhook has no such callback.
pub(super) async fn load_panel(
    app: &AppState,
    by: &Principal,
    id: &str,
    query: &LogQuery,
) -> Result<Option<CallbackDetailsView>, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let webhook = webhooks::get(app, by, id).await?;
    let Some(open) = query.callback.as_deref().and_then(|open| open.parse::<CallbackId>().ok()) else {
        return Ok(None);
    };
    callback(app, by, &webhook, open, &LogUrls::new(id, query), &log_zone(query), lang()).await
}

/// The callback without the values of additional headers: only those who may change them see them, because a value may be a credential that
/// nobody marked as secret.
fn without_values(details: CallbackDetails, webhook: &WebhookRecord) -> CallbackDetails {
    let hide = |(name, value): (String, String)| {
        // A webhook can replace some of the headers that clearhook sends itself.
        let is_replaced = webhook.fields.headers.iter().any(|header| header.name.eq_ignore_ascii_case(&name));
        let is_own = !is_replaced && OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str());
        (name, if is_own { value } else { MASK.to_owned() })
    };
    CallbackDetails {
        request_headers: details.request_headers.into_iter().map(hide).collect(),
        ..details
    }
}

/// The offer to call the target of a redirect instead.
fn redirect_view(app: &AppState, webhook: &WebhookRecord, details: &CallbackDetails, urls: &LogUrls<'_>) -> Option<RedirectView> {
    let to = webhooks::usable_redirect_target(app, webhook, details)?;
    let from = Url::parse(&webhook.fields.url).ok()?;
    let is_other = from.host_str() != to.host_str() || from.port_or_known_default() != to.port_or_known_default();
    Some(RedirectView {
        action: with_list(&format!("{}/callbacks/{}/use-redirect", urls.path(), details.record.id)),
        from: from.to_string(),
        other_host: to.host_str().filter(|_| is_other).map(str::to_owned),
        is_temporary: matches!(details.record.status, Some(302 | 303 | 307)),
        to: to.to_string(),
    })
}

/// Why a callback cannot be redelivered.
fn obstacle(webhook: &WebhookRecord, details: &CallbackDetails, lang: Lang) -> Option<String> {
    let why = if !webhook.fields.enabled {
        say::not_while_disabled(lang)
    } else if details.is_erased {
        say::erased(lang)
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

/// The state of a delivery in words, and when the next attempt is due.
fn delivery_state(
    standing: Option<&DeliveryStatus>,
    now: Timestamp,
    is_paused: bool,
    zone: &TimeZone,
    lang: Lang,
) -> (String, Option<TimeView>) {
    let (text, due) = match standing {
        None => (say::stands_unknown(lang), None),
        Some(DeliveryStatus { state, due, .. }) => match (state, due) {
            (DeliveryState::Pending, Some(due)) if *due > now => (say::stands_due(lang), Some(*due)),
            (DeliveryState::Pending, _) if is_paused => (say::next_paused(lang), None),
            (DeliveryState::Pending, _) => (say::stands_now(lang), None),
            (DeliveryState::Parked, _) => (say::stands_waiting(lang), None),
            (DeliveryState::Sending, _) => (say::stands_sending(lang), None),
            (DeliveryState::Succeeded, _) => (say::stands_succeeded(lang), None),
            (DeliveryState::Failed, _) => (say::stands_failed(lang), None),
            (DeliveryState::Held, _) => (say::stands_held(lang), None),
            (DeliveryState::Cancelled, _) => (say::stands_cancelled(lang), None),
        },
    };
    (text.to_owned(), due.map(|due| time_view(due, zone, lang)))
}

fn header_views(headers: ShownHeaders) -> Vec<HeaderLine> {
    headers.into_iter().map(|(name, value)| HeaderLine { name, value }).collect()
}

fn body_view(raw: String) -> BodyView {
    BodyView {
        indented: indented(&raw),
        raw,
    }
}

/// The request as a shell command, with the bytes of its body. Secret values of headers are hidden, as they are in the log.
fn curl(details: &CallbackDetails) -> Option<String> {
    let body = details.request_body.as_deref()?;
    let first = format!("curl --request POST {}", quoted(&details.record.url));
    let headers = details.request_headers.iter();
    let headers = headers.map(|(name, value)| format!("--header {}", quoted(&format!("{name}: {value}"))));
    let last = format!("--data-raw {}", quoted(body));
    let words: Vec<String> = std::iter::once(first).chain(headers).chain([last]).collect();
    Some(words.join(" \\\n  "))
}

/// Quotes a word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_quoted_for_the_shell() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $(rm -rf /) `x` \"y\""), "'it'\\''s $(rm -rf /) `x` \"y\"'");
    }
}
