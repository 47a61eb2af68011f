//! The spans of an event: the request that publishes it, storing it, and each attempt of its deliveries. They are one trace, because the
//! context is stored with the event; a retry after hours or by another node is part of it, too.
//!
//! Attributes are those of the semantic conventions of OpenTelemetry (HTTP, CloudEvents, database); others begin with `clearhook.`.

use std::{str::FromStr, time::SystemTime};

use opentelemetry::{
    Context, KeyValue,
    trace::{
        Link, Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    },
};
use opentelemetry_sdk::trace::Span;

use crate::{domain::trace_context::TraceContext, otel::Otel};

/// The span of a request that publishes events. While traces are off, it only passes on the context of the request.
pub struct PublishSpan {
    otel: Otel,
    route: &'static str,
    began: SystemTime,
    /// The context in the headers of the request.
    given: Option<TraceContext>,
    span: Option<Span>,
}

/// The span of storing an event.
pub struct StoreSpan(Span);

/// The span of an attempt.
pub struct AttemptSpan(Option<Span>);

/// The event that is stored.
pub struct EventFacts<'a> {
    /// The publisher's id.
    pub id: &'a str,
    /// The attribute `source`.
    pub source: &'a str,
    /// The event type.
    pub event_type: &'a str,
    /// The id that clearhook assigned.
    pub event: String,
    /// The database system, `sqlite` or `postgresql`.
    pub database: &'static str,
}

/// An attempt that begins.
pub struct Attempt<'a> {
    /// The event type.
    pub event_type: &'a str,
    /// The event.
    pub event: String,
    /// The delivery.
    pub delivery: String,
    /// The webhook.
    pub webhook: String,
    /// The number of the attempt, from 1.
    pub number: u32,
    /// Why it is made, as in the log.
    pub trigger: &'a str,
    /// The URL of the receiver, unless it may not be called.
    pub uri: Option<&'a http::Uri>,
    /// The length of the body, in bytes.
    pub bytes: usize,
}

impl Otel {
    /// Begins the span of a request that publishes events, whose headers have this context.
    pub fn publishing(&self, route: &'static str, given: Option<TraceContext>) -> PublishSpan {
        PublishSpan {
            otel: self.clone(),
            route,
            began: SystemTime::now(),
            given,
            span: None,
        }
    }

    /// Begins the span of storing an event. `request` is the context of the request, `own` that of the event. An event of another trace stays
    /// in its trace, and its span is linked to the request. `None` while traces are off.
    pub fn storing<'a>(
        &self,
        request: Option<&TraceContext>,
        own: Option<&TraceContext>,
        facts: impl FnOnce() -> EventFacts<'a>,
    ) -> Option<StoreSpan> {
        let tracer = self.tracer()?;
        let facts = facts();
        let (request, own) = (request.and_then(remote), own.and_then(remote));
        let (parent, linked) = match (request, own) {
            (Some(request), Some(own)) if request.trace_id() != own.trace_id() => (Some(own), Some(request)),
            (Some(request), _) => (Some(request), None),
            (None, own) => (own, None),
        };
        let attributes = [
            KeyValue::new("cloudevents.event_id", facts.id.to_owned()),
            KeyValue::new("cloudevents.event_source", facts.source.to_owned()),
            KeyValue::new("cloudevents.event_type", facts.event_type.to_owned()),
            KeyValue::new("clearhook.event.id", facts.event),
            KeyValue::new("db.system.name", facts.database),
        ];
        let links: Vec<Link> = linked.into_iter().map(Link::with_context).collect();
        let builder = SpanBuilder::from_name("store event")
            .with_kind(SpanKind::Internal)
            .with_attributes(attributes)
            .with_links(links);
        Some(StoreSpan(tracer.build_with_context(builder, &within(parent))))
    }

    /// Begins the span of an attempt of an event with this context.
    pub fn attempting<'a>(&self, event: Option<&TraceContext>, attempt: impl FnOnce() -> Attempt<'a>) -> AttemptSpan {
        let Some(tracer) = self.tracer() else {
            return AttemptSpan(None);
        };
        let attempt = attempt();
        let mut attributes = vec![
            KeyValue::new("http.request.method", "POST"),
            KeyValue::new("http.request.body.size", count(attempt.bytes)),
            KeyValue::new("cloudevents.event_type", attempt.event_type.to_owned()),
            KeyValue::new("clearhook.event.id", attempt.event),
            KeyValue::new("clearhook.delivery.id", attempt.delivery),
            KeyValue::new("clearhook.webhook.id", attempt.webhook),
            KeyValue::new("clearhook.attempt", i64::from(attempt.number)),
            KeyValue::new("clearhook.trigger", attempt.trigger.to_owned()),
        ];
        if attempt.number > 1 {
            attributes.push(KeyValue::new("http.request.resend_count", i64::from(attempt.number) - 1));
        }
        if let Some(uri) = attempt.uri {
            attributes.push(KeyValue::new("url.full", shown(uri)));
            attributes.extend(
                uri.host()
                    .map(|host| KeyValue::new("server.address", host.trim_matches(['[', ']']).to_owned())),
            );
            let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
            attributes.push(KeyValue::new("server.port", i64::from(uri.port_u16().unwrap_or(usual))));
        }
        let builder = SpanBuilder::from_name("POST")
            .with_kind(SpanKind::Client)
            .with_attributes(attributes);
        AttemptSpan(Some(tracer.build_with_context(builder, &within(event.and_then(remote)))))
    }
}

impl PublishSpan {
    /// Returns the context that the events of the request continue. `own` is the context of its event if it has a single one: the request
    /// belongs to that trace if its headers name none.
    pub fn context(&mut self, own: Option<&TraceContext>) -> Option<TraceContext> {
        if self.otel.tracer().is_none() {
            return self.given.clone();
        }
        let parent = self.given.clone();
        self.begin(parent.as_ref().or(own));
        self.span.as_ref().map(|span| written(span.span_context()))
    }

    fn begin(&mut self, parent: Option<&TraceContext>) {
        let (Some(tracer), None) = (self.otel.tracer(), &self.span) else {
            return;
        };
        let attributes = [
            KeyValue::new("http.request.method", "POST"),
            KeyValue::new("http.route", self.route),
            KeyValue::new("url.path", self.route),
        ];
        let builder = SpanBuilder::from_name(format!("POST {}", self.route))
            .with_kind(SpanKind::Server)
            .with_start_time(self.began)
            .with_attributes(attributes);
        self.span = Some(tracer.build_with_context(builder, &within(parent.and_then(remote))));
    }

    /// Ends the span with the status of the response. A server's span is an error only from 500 on.
    pub fn end(mut self, status: u16) {
        let given = self.given.take();
        self.begin(given.as_ref());
        let Some(mut span) = self.span else { return };
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

impl StoreSpan {
    /// The context that the callbacks of the event continue.
    pub fn context(&self) -> TraceContext {
        written(self.0.span_context())
    }

    /// Ends the span after the commit.
    pub fn stored(mut self, is_duplicate: bool, deliveries: u64) {
        self.0.set_attribute(KeyValue::new("clearhook.duplicate", is_duplicate));
        let deliveries = i64::try_from(deliveries).unwrap_or(i64::MAX);
        self.0.set_attribute(KeyValue::new("clearhook.deliveries", deliveries));
        self.0.end();
    }

    /// Ends the span of an event that was not stored.
    pub fn failed(mut self, why: String) {
        self.0.set_attribute(KeyValue::new("error.type", "not_stored"));
        self.0.set_status(Status::error(why));
        self.0.end();
    }
}

impl AttemptSpan {
    /// The context for the receiver, which replaces that of the event. `None` while traces are off.
    pub fn context(&self) -> Option<TraceContext> {
        self.0.as_ref().map(|span| written(span.span_context()))
    }

    /// Ends the span. `status` is that of the response; `failure` is the reason why there is none, and a sentence about it.
    pub fn end(self, status: Option<u16>, failure: Option<(&'static str, &str)>) {
        let Some(mut span) = self.0 else { return };
        if let Some(status) = status {
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
            if !(200..300).contains(&status) {
                span.set_attribute(KeyValue::new("error.type", status.to_string()));
                span.set_status(Status::error(""));
            }
        }
        if let Some((kind, detail)) = failure {
            span.set_attribute(KeyValue::new("error.type", kind));
            span.set_status(Status::error(detail.to_owned()));
        }
        span.end();
    }
}

/// The context of a span that begins in this one. Nothing is taken from the current thread.
fn within(parent: Option<SpanContext>) -> Context {
    let context = Context::new();
    match parent {
        Some(parent) => context.with_remote_span_context(parent),
        None => context,
    }
}

/// Reads a context, whose form was checked before.
fn remote(context: &TraceContext) -> Option<SpanContext> {
    let mut fields = context.traceparent.split('-').skip(1);
    let trace = TraceId::from_hex(fields.next()?).ok()?;
    let span = SpanId::from_hex(fields.next()?).ok()?;
    let flags = u8::from_str_radix(fields.next()?, 16).ok()?;
    let state = context.tracestate.as_deref().and_then(|state| TraceState::from_str(state).ok());
    let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
    Some(SpanContext::new(trace, span, flags, true, state.unwrap_or_default()))
}

fn written(context: &SpanContext) -> TraceContext {
    let state = context.trace_state().header();
    TraceContext {
        traceparent: format!(
            "00-{}-{}-{:02x}",
            context.trace_id(),
            context.span_id(),
            context.trace_flags().to_u8()
        ),
        tracestate: Some(state).filter(|state| !state.is_empty()),
    }
}

/// A URL without its query, which may contain credentials. A URL of a webhook has no user name.
fn shown(uri: &http::Uri) -> String {
    let query = if uri.query().is_some() { "?REDACTED" } else { "" };
    let (scheme, authority) = (
        uri.scheme_str().unwrap_or("https"),
        uri.authority().map_or("", http::uri::Authority::as_str),
    );
    format!("{scheme}://{authority}{}{query}", uri.path())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_read_and_written_alike() {
        let context = TraceContext {
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01".to_owned(),
            tracestate: Some("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE".to_owned()),
        };
        assert_eq!(written(&remote(&context).unwrap()), context);
        let later = TraceContext {
            traceparent: "01-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-09-more".to_owned(),
            tracestate: None,
        };
        let read = written(&remote(&later).unwrap());
        assert_eq!(read.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01");
    }

    #[test]
    fn without_an_exporter_the_context_of_the_request_is_passed_on() {
        let given = TraceContext {
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01".to_owned(),
            tracestate: None,
        };
        let otel = Otel::default();
        let mut span = otel.publishing("/api/v1/events", Some(given.clone()));
        assert_eq!(span.context(None), Some(given));
        span.end(202);
        assert!(otel.attempting(None, || unreachable!("nothing is measured")).context().is_none());
    }

    #[test]
    fn the_query_of_a_url_is_hidden() {
        for (url, expected) in [
            ("https://hooks.example.com/in?token=abc", "https://hooks.example.com/in?REDACTED"),
            ("http://[::1]:8080/", "http://[::1]:8080/"),
        ] {
            assert_eq!(shown(&url.parse().unwrap()), expected);
        }
    }
}
