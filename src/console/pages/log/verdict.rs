//! What the outcome of a callback means: one sentence, who has to act, and the next step.

use url::Url;

use crate::{
    console::server::durations::{exact, rounded},
    domain::{
        answer::Failure,
        connection::{Certificate, CertificateFault, Phases},
        timestamp::Timestamp,
    },
    messages::{Lang, verdict as say},
    services::webhooks::redirect_target,
    storage::callbacks::{CallbackDetails, CallbackRecord},
};

/// The meaning of an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictView {
    /// What happened.
    pub sentence: String,
    /// Who has to act. `None` if nobody has to.
    pub who: Option<&'static str>,
    /// What to do next.
    pub next: Option<String>,
    /// A trace or request id in the response, which the owner of the receiver can search for.
    pub trace: Option<String>,
}

/// What is known of a response besides the columns of the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heard<'a> {
    /// The headers of the response.
    headers: &'a [(String, String)],
    /// When the present secret was made, in words.
    pub secret_of: Option<&'a str>,
    /// How long the parts of the attempt took.
    phases: Phases,
    /// The absolute target of a redirect.
    target: Option<&'a str>,
    /// The certificate that was refused.
    certificate: Option<&'a Certificate>,
}

impl<'a> Heard<'a> {
    /// The response of a callback.
    pub fn of(details: &'a CallbackDetails) -> Self {
        Self {
            headers: details.received.as_ref().map_or(&[], |received| received.headers.as_slice()),
            secret_of: None,
            phases: details.phases,
            target: None,
            certificate: details.certificates.first(),
        }
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// The meaning of a callback's outcome, in words.
pub fn verdict(record: &CallbackRecord, heard: Heard<'_>, lang: Lang) -> VerdictView {
    let (sentence, who, next) = match record.status {
        Some(status) => of_status(status, record, heard, lang),
        None => of_failure(record, &heard, lang),
    };
    VerdictView {
        sentence,
        who,
        next,
        trace: None,
    }
}

/// The same with everything that the response tells.
pub fn full_verdict(details: &CallbackDetails, secret_of: Option<&str>, lang: Lang) -> VerdictView {
    let target = redirect_target(details);
    let heard = Heard {
        secret_of,
        target: target.as_ref().map(Url::as_str),
        ..Heard::of(details)
    };
    let mut verdict = verdict(&details.record, heard, lang);
    if details.record.status.is_none_or(|status| !(200..300).contains(&status)) {
        let body = details.received.as_ref().map(|received| String::from_utf8_lossy(&received.body));
        verdict.trace = heard_trace(heard).or_else(|| body.and_then(|body| trace_in(&body)));
    }
    verdict
}

type Parts = (String, Option<&'static str>, Option<String>);

fn of_status(status: u16, record: &CallbackRecord, heard: Heard<'_>, lang: Lang) -> Parts {
    let response = named(record);
    let (administrator, receiver) = (Some(say::who_administrator(lang)), Some(say::who_receiver(lang)));
    let fixed = |sentence: &str, who, next: &str| (sentence.to_owned(), who, Some(next.to_owned()));
    match status {
        200..=299 => {
            let time = rounded(record.duration_ms.unsigned_abs(), lang);
            (say::delivered(lang, &response, &time), None, None)
        }
        300..=399 => match heard.target.or_else(|| heard.header("location")) {
            Some(to) => (
                say::moved(lang, &to.chars().take(300).collect::<String>()),
                administrator,
                Some(say::moved_next(lang).to_owned()),
            ),
            None => (
                say::redirected(lang, &response),
                administrator,
                Some(say::redirected_next(lang).to_owned()),
            ),
        },
        400 | 422 => fixed(say::refused_content(lang), receiver, say::refused_content_next(lang)),
        401 | 403 => {
            let next = heard.secret_of.map_or_else(
                || say::refused_credentials_next(lang).to_owned(),
                |date| say::refused_credentials_rotated(lang, date),
            );
            (say::refused_credentials(lang).to_owned(), administrator, Some(next))
        }
        404 => fixed(say::not_there(lang), administrator, say::not_there_next(lang)),
        405 => fixed(say::method_refused(lang), administrator, say::method_refused_next(lang)),
        407 => fixed(say::proxy_credentials(lang), administrator, say::proxy_credentials_next(lang)),
        408 => fixed(say::gave_up_reading(lang), receiver, say::gave_up_reading_next(lang)),
        410 => fixed(say::gone(lang), Some(say::who_both(lang)), say::gone_next(lang)),
        413 => fixed(say::too_large(lang), receiver, say::too_large_next(lang)),
        415 => fixed(say::media_refused(lang), receiver, say::media_refused_next(lang)),
        429 => {
            let sentence = heard
                .header("retry-after")
                .map_or_else(|| say::slow_down(lang).to_owned(), |wait| say::slow_down_for(lang, &waiting(wait)));
            (sentence, None, Some(say::slow_down_next(lang).to_owned()))
        }
        400..=499 => (say::refused(lang, &response), receiver, Some(say::refused_next(lang).to_owned())),
        502 | 504 => (say::gateway(lang, &response), receiver, Some(say::gateway_next(lang).to_owned())),
        503 => {
            let sentence = heard.header("retry-after").map_or_else(
                || say::unavailable(lang).to_owned(),
                |wait| say::unavailable_for(lang, &waiting(wait)),
            );
            (sentence, receiver, Some(say::unavailable_next(lang).to_owned()))
        }
        500..=599 => fixed(say::failed_inside(lang), receiver, say::failed_inside_next(lang)),
        _ => (
            say::unknown_status(lang, &response),
            receiver,
            Some(say::unknown_status_next(lang).to_owned()),
        ),
    }
}

fn of_failure(record: &CallbackRecord, heard: &Heard<'_>, lang: Lang) -> Parts {
    let phases = heard.phases;
    let failure = Failure::ALL.into_iter().find(|failure| failure.as_str() == record.response);
    let url = Url::parse(&record.url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or(&record.url).to_owned();
    let port = url.as_ref().and_then(Url::port_or_known_default);
    let address = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    let time = rounded(record.duration_ms.unsigned_abs(), lang);
    let receiver = say::who_receiver(lang);
    let (sentence, who, next) = match failure {
        Some(Failure::TimedOut) => match phases.wait {
            Some(wait) if phases.is_reused() => (
                say::timed_out_reused(lang, &time, &exact(wait, lang)),
                receiver,
                say::timed_out_next(lang),
            ),
            Some(wait) => (
                say::timed_out_waiting(lang, &exact(phases.until_open(), lang), &time, &exact(wait, lang)),
                receiver,
                say::timed_out_next(lang),
            ),
            None if phases.until_open().is_zero() => (say::timed_out(lang, &time), receiver, say::timed_out_next(lang)),
            None => (
                say::timed_out_connecting(lang, &address, &time),
                say::who_receiver_network(lang),
                say::timed_out_connecting_next(lang),
            ),
        },
        Some(Failure::ConnectionRefused) => (
            say::connection_refused(lang, &address),
            say::who_receiver_network(lang),
            say::connection_refused_next(lang),
        ),
        Some(Failure::ConnectionReset) => (
            say::connection_reset(lang, &address),
            say::who_receiver_network(lang),
            say::connection_reset_next(lang),
        ),
        Some(Failure::NameNotResolved) => (
            say::name_not_resolved(lang, &host),
            say::who_administrator(lang),
            say::name_not_resolved_next(lang),
        ),
        Some(Failure::TlsError) => {
            let why = heard.certificate.and_then(|certificate| refusal(certificate, record.at, lang));
            let sentence = why.map_or_else(|| say::tls(lang, &host), |why| say::tls_because(lang, &host, why));
            (sentence, receiver, say::tls_next(lang))
        }
        Some(Failure::AddressBlocked) => (say::blocked(lang).to_owned(), say::who_operator(lang), say::blocked_next(lang)),
        // A name that a newer version stored means as much as "no valid answer".
        Some(Failure::ResponseInvalid) | None => (say::invalid(lang, &host), receiver, say::invalid_next(lang)),
    };
    (sentence, Some(who), Some(next.to_owned()))
}

/// Why a certificate was refused at this time.
const fn refusal(certificate: &Certificate, at: Timestamp, lang: Lang) -> Option<&'static str> {
    let Some(fault) = certificate.refused else { return None };
    Some(match fault {
        CertificateFault::Expired if certificate.not_after < at.0 => say::tls_expired(lang),
        CertificateFault::Expired => say::tls_chain_expired(lang),
        CertificateFault::NotYetValid if certificate.not_before > at.0 => say::tls_not_yet(lang),
        CertificateFault::NotYetValid => say::tls_chain_not_yet(lang),
        CertificateFault::OtherName => say::tls_other_name(lang),
        CertificateFault::SelfSigned => say::tls_self_signed(lang),
        CertificateFault::UnknownIssuer => say::tls_unknown_issuer(lang),
        CertificateFault::Revoked => say::tls_revoked(lang),
        CertificateFault::Authority => say::tls_authority(lang),
        CertificateFault::WrongOrder => say::tls_order(lang),
        CertificateFault::Unknown => return None,
    })
}

/// `500 InternalServerError`, or the digits of a status code without a name.
fn named(record: &CallbackRecord) -> String {
    match record.status {
        Some(status) if status.to_string() != record.response => format!("{status} {}", record.response),
        _ => record.response.clone(),
    }
}

/// The value of `Retry-After`: seconds get their unit, a date stays as it is.
fn waiting(value: &str) -> String {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{value} s")
    } else {
        value.chars().take(60).collect()
    }
}

/// Headers in which receivers and gateways tell the id of a request.
const TRACE_HEADERS: [&str; 10] = [
    "traceparent",
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "correlation-id",
    "x-trace-id",
    "x-b3-traceid",
    "x-amzn-trace-id",
    "x-ms-request-id",
    "cf-ray",
];

/// Fields of JSON bodies in which receivers tell the id of a request.
const TRACE_FIELDS: [&str; 8] = [
    "traceId",
    "trace_id",
    "traceparent",
    "requestId",
    "request_id",
    "correlationId",
    "correlation_id",
    "operationId",
];

/// The longest trace id that is shown.
const TRACE_MAX: usize = 120;

fn heard_trace(heard: Heard<'_>) -> Option<String> {
    TRACE_HEADERS.iter().find_map(|name| heard.header(name)).and_then(plain)
}

/// A trace id in a body: the value of a known field, or a W3C `traceparent` anywhere.
fn trace_in(body: &str) -> Option<String> {
    let field = |name: &&str| {
        let key = format!("\"{name}\"");
        let rest = body.split(key.as_str()).nth(1)?.trim_start().strip_prefix(':')?.trim_start();
        plain(rest.strip_prefix('"')?.split('"').next()?)
    };
    TRACE_FIELDS.iter().find_map(field).or_else(|| {
        let words = body.split(|sign: char| !(sign.is_ascii_hexdigit() || sign == '-'));
        words.filter(|word| is_traceparent(word)).map(str::to_owned).next()
    })
}

/// `00-<32 hexadecimal digits>-<16>-<2>` (W3C Trace Context, section 3.2).
fn is_traceparent(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [2, 32, 16, 2]
}

fn plain(value: &str) -> Option<String> {
    let is_plain = !value.is_empty() && value.len() <= TRACE_MAX && value.chars().all(|sign| sign.is_ascii_graphic());
    is_plain.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{answer::Answer, callback::Trigger, connection::Phases, timestamp::Timestamp},
        storage::{callbacks::Received, new_id},
    };

    fn record(answer: Answer) -> CallbackRecord {
        CallbackRecord {
            id: new_id(),
            delivery: new_id(),
            event: new_id(),
            webhook: new_id(),
            event_type: "identity.created".parse().unwrap(),
            url: "https://hooks.exmple.com:8443/a?b=c".to_owned(),
            at: Timestamp(0),
            attempt: 1,
            trigger: Trigger::Event,
            outcome: answer.outcome(),
            status: answer.status(),
            response: answer.response(),
            duration_ms: 41,
        }
    }

    fn details(answer: Answer, headers: &[(&str, &str)], body: &str) -> CallbackDetails {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        CallbackDetails {
            record: record(answer),
            detail: None,
            phases: Phases::default(),
            certificates: Vec::new(),
            request_headers: Vec::new(),
            request_body: None,
            is_erased: false,
            ce_id: None,
            source: None,
            subject: None,
            received: Some(Received {
                headers: headers.collect(),
                body: body.as_bytes().to_vec(),
                ..Received::default()
            }),
        }
    }

    #[test]
    fn every_outcome_has_a_sentence_and_every_failure_a_next_step() {
        for lang in Lang::ALL {
            for status in 100..=999 {
                let verdict = full_verdict(&details(Answer::Status(status), &[], ""), None, lang);
                let is_success = (200..300).contains(&status);
                assert!(!verdict.sentence.is_empty() && verdict.next.is_none() == is_success, "{status}");
                assert_eq!(verdict.who.is_none(), is_success || status == 429, "{status}");
            }
            for failure in Failure::ALL {
                let verdict = verdict(&record(Answer::None(failure)), Heard::default(), lang);
                assert!(verdict.who.is_some() && verdict.next.is_some(), "{failure:?}");
            }
        }
    }

    #[test]
    fn sentences_name_the_address_the_target_and_the_pause() {
        let of = |answer, headers: &[(&str, &str)]| full_verdict(&details(answer, headers, ""), Some("28 Nov 2026"), Lang::En);
        let sentence = |answer, headers: &[(&str, &str)]| of(answer, headers).sentence;
        assert_eq!(
            sentence(Answer::Status(202), &[]),
            "Delivered: the receiver answered 202 Accepted after 41 ms."
        );
        assert_eq!(
            sentence(Answer::Status(301), &[("Location", "/new")]),
            "The receiver moved to https://hooks.exmple.com:8443/new. Redirects are not followed."
        );
        assert_eq!(
            sentence(Answer::Status(429), &[("retry-after", "120")]),
            "The receiver asked to slow down (Retry-After 120 s)."
        );
        assert_eq!(
            sentence(Answer::None(Failure::ConnectionRefused), &[]),
            "Nothing listens at hooks.exmple.com:8443."
        );
        assert_eq!(
            sentence(Answer::None(Failure::NameNotResolved), &[]),
            "“hooks.exmple.com” is not known to DNS."
        );
        assert!(of(Answer::Status(401), &[]).next.unwrap().contains("28 Nov 2026"));
    }

    #[test]
    fn a_refused_certificate_says_why() {
        let sentence = |refused, not_after| {
            let mut details = details(Answer::None(Failure::TlsError), &[], "");
            details.certificates = vec![Certificate {
                subject: "CN=a".to_owned(),
                issuer: "CN=b".to_owned(),
                names: Vec::new(),
                not_before: 0,
                not_after,
                refused,
            }];
            full_verdict(&details, None, Lang::En).sentence
        };
        for (fault, not_after, expected) in [
            (CertificateFault::Expired, -1, "it has expired"),
            (CertificateFault::Expired, 1, "a certificate in its chain has expired"),
            (CertificateFault::SelfSigned, 1, "it is self-signed"),
            (CertificateFault::OtherName, 1, "it was issued for another name"),
        ] {
            assert_eq!(
                sentence(Some(fault), not_after),
                format!("The certificate of hooks.exmple.com was refused: {expected}.")
            );
        }
        assert_eq!(
            sentence(None, 1),
            "The certificate of hooks.exmple.com cannot be trusted, or the TLS handshake failed."
        );
    }

    #[test]
    fn a_trace_id_is_found_in_headers_fields_and_text() {
        const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let of = |headers: &[(&str, &str)], body: &str| full_verdict(&details(Answer::Status(500), headers, body), None, Lang::En).trace;
        assert_eq!(of(&[("X-Request-Id", "abc-1")], "").as_deref(), Some("abc-1"));
        assert_eq!(of(&[], r#"{"traceId" : "0HN7:1"}"#).as_deref(), Some("0HN7:1"));
        assert_eq!(of(&[], &format!("<p>Trace: {TRACE}.</p>")).as_deref(), Some(TRACE));
        for none in [
            "",
            "{\"traceId\": 7}",
            "{\"traceId\":\"\"}",
            "00-4bf9-00f0-01",
            "{\"traceId\": \"a\u{202e}b\"}",
        ] {
            assert_eq!(of(&[], none), None, "{none}");
        }
    }
}
