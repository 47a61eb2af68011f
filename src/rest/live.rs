//! `GET /callbacks/live`: a stream of attempts for programs, as server-sent events. Each event is one attempt in the format of
//! `GET /callbacks/{id}`, and its id is the place after it, at which the stream continues (`Last-Event-ID`).

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use crate::{
    app::{
        AppState,
        log_subscriptions::{LogSubscription, SUBSCRIPTIONS_OF_KEY, Subscriber},
    },
    auth::{principal::Principal, rules::Action},
    domain::{event_type::EventPattern, id::WebhookId, stream_position::StreamPosition, timestamp::Timestamp},
    problem::{Problem, ProblemCode},
    rest::{
        callbacks::details_view,
        extract::{Caller, Params, webhook_id},
        key_reader::{KeyReader, Subject},
        reader::Reader,
    },
    routes::{Operation, Routes, Rule, Tag},
    services::{
        error::FieldError,
        event_types,
        webhooks::{AttemptFeed, FeedFilter, FeedItem},
    },
    storage::{StoreError, uuid_time::made_at},
};

/// How often the stream checks that the key may still read it.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// The interval of comments in a stream without events, so that both sides notice a lost connection.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How far the clocks of two nodes may differ.
const CLOCKS_DIFFER: Duration = Duration::from_secs(60);
/// How long a client should wait before it connects again.
const RETRY: Duration = Duration::from_secs(1);
/// When a request that was refused because there are too many streams, or because the service stops, should be repeated, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
/// The response header with the position at which a stream begins, for clients that lose the connection before the first event.
const POSITION: HeaderName = HeaderName::from_static("last-event-id");

/// The query of the stream.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LiveParams {
    /// Only attempts of this webhook.
    #[schemars(with = "Option<WebhookId>")]
    webhook: Option<String>,
    /// Only attempts of events of this type, or of types that match this pattern (`identity.*`).
    #[schemars(example = &"identity.*")]
    event: Option<String>,
    /// The id of the last event that was received, for clients that cannot send the header `Last-Event-ID`, which has precedence.
    #[schemars(example = &"01912d68-783e-7a03-8467-5661c1243ad4")]
    last_event_id: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new().operation(
        Method::GET,
        "/callbacks/live",
        Rule::Key(Action::ReadCallbacks),
        live,
        Operation::new("followCallbacks", Tag::Callbacks, "Follow callbacks")
            .text(
                "Server-sent events, one for each attempt when it ends. The data of an event are what `GET /callbacks/{id}` answers. Send the id of the \
                 last event as `Last-Event-ID` to continue after it, without loss and without duplicates. The stream ends when the key is revoked.\n\n\
                 The id of an event is the id of a callback, with PostgreSQL followed by `/` and what the database had committed. Send it back as it \
                 is. The id of a callback alone is accepted, too; the stream then has the callbacks with later ids.\n\nWith several nodes, a callback may \
                 be stored shortly after others with later ids. It is sent then; if more such callbacks follow, without an id. They are sent again if the \
                 connection breaks off between them: recognise them by `id` in the data. A callback that is stored more than 30 s late, because a node \
                 could not reach the database, is in the log only.",
            )
            .header::<Option<String>>("Last-Event-ID", "The id of the last event that was received. The stream continues after it. By default, it begins now.")
            .answers_file("text/event-stream", "The stream, with a comment every 10 s when there are no events.")
            .with("Last-Event-ID", "The position at which the stream begins, for clients that lose the connection before the first event.")
            .refuses(404, "There is no such webhook (`not-found`).")
            .refuses(422, "The value of a parameter is not valid; `errors` names it (`invalid`).")
            .refuses(429, "The key has too many live streams (`busy`).")
            .refuses(503, "The service is about to stop (`not-ready`)."),
    )
}

struct Live {
    app: AppState,
    feed: AttemptFeed,
    ready: VecDeque<FeedItem>,
    reader: KeyReader,
    /// When the key was last checked.
    checked: Instant,
    begun: bool,
    /// Released when the stream ends.
    _subscription: LogSubscription,
}

/// `GET /callbacks/live`
async fn live(
    State(app): State<AppState>,
    Caller(by): Caller,
    headers: HeaderMap,
    Params(params): Params<LiveParams>,
) -> Result<Response, Problem> {
    let webhook = params.webhook.as_deref().map(|id| webhook_id("webhook", id)).transpose()?;
    let event = match params.event.as_deref() {
        Some(given) => Some(pattern(&app, given).await?),
        None => None,
    };
    let after = last_event(&headers, params.last_event_id.as_deref())?;
    if app.draining.is_cancelled() {
        let detail = "The service is about to stop. Connect again, to another node or in a moment.";
        return Ok(later(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ProblemCode::NotReady,
            "The service stops",
            detail,
        )));
    }
    let subscriber = match &by {
        Principal::Key(key) => Subscriber::Key(key.key),
        _ => return Err(Problem::unauthenticated()),
    };
    let feed = AttemptFeed::start(&app, &by, FeedFilter { webhook, event }, after).await?;
    let Some(subscription) = app.log_subscriptions.subscribe(subscriber) else {
        let detail = format!("A key can have {SUBSCRIPTIONS_OF_KEY} live streams at once. Close one, or try again later.");
        return Ok(later(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            ProblemCode::Busy,
            "Too many live streams",
            detail,
        )));
    };
    let position = feed.position().clone();
    let live = Live {
        app,
        feed,
        ready: VecDeque::new(),
        reader: KeyReader::of(&headers, webhook.map_or(Subject::AllLogs, Subject::Log)),
        checked: Instant::now(),
        begun: false,
        _subscription: subscription,
    };
    let events = Sse::new(events(live)).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    let mut response = events.into_response();
    // Proxies that buffer responses would delay the events.
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    if let Ok(position) = HeaderValue::from_str(&position.to_string()) {
        response.headers_mut().insert(POSITION, position);
    }
    Ok(response)
}

fn events(live: Live) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(live, |mut live| async move {
        if !live.begun {
            live.begun = true;
            return Some((Ok(Event::default().retry(RETRY)), live));
        }
        loop {
            if live.app.draining.is_cancelled() {
                return None;
            }
            // The stream ends if the key was revoked or has expired, or if the webhook was deleted.
            if live.checked.elapsed() >= CHECK_EVERY {
                if !live.reader.may_still_read(&live.app).await {
                    return None;
                }
                live.checked = Instant::now();
            }
            if let Some(item) = live.ready.pop_front() {
                return Some((Ok(event(item)), live));
            }
            match live.feed.next().await {
                Ok(ready) if ready.is_empty() => {
                    let app = live.app.clone();
                    tokio::select! {
                        () = app.draining.cancelled() => return None,
                        () = app.log_subscriptions.stopped() => return None,
                        () = sleep_until(live.checked + CHECK_EVERY) => {}
                        () = live.feed.wait() => {}
                    }
                }
                Ok(ready) => live.ready = ready,
                Err(error) => {
                    report(&error);
                    return None;
                }
            }
        }
    })
}

fn report(error: &StoreError) {
    tracing::warn!(%error, "a live stream ends because the database failed; the client connects again: {error}");
}

/// An attempt as an event. If it has no id, the one before stays the last (HTML, section 9.2.6).
fn event(item: FeedItem) -> Event {
    // Serializing this struct cannot fail.
    let data = serde_json::to_string(&details_view(item.attempt)).unwrap_or_default();
    let event = Event::default().data(data);
    match item.position {
        Some(position) => event.id(position.to_string()),
        None => event,
    }
}

/// The pattern that a query names. A pattern without `*` must be an event type.
async fn pattern(app: &AppState, given: &str) -> Result<EventPattern, Problem> {
    let wrong = |detail: String| Problem::invalid(vec![FieldError::new("/event", detail)]);
    let pattern: EventPattern = given.parse().map_err(|error| wrong(format!("{error}")))?;
    if pattern.exact().is_some() {
        event_types::find_newest(app, given)
            .await?
            .map_err(|error| wrong(format!("{error}")))?;
    }
    Ok(pattern)
}

/// The place after which the stream begins. An empty header is what a client sends that has received no id.
fn last_event(headers: &HeaderMap, query: Option<&str>) -> Result<Option<StreamPosition>, Problem> {
    let header = match headers.get(POSITION).map(HeaderValue::to_str) {
        Some(Ok(text)) if !text.is_empty() => Some(text),
        Some(Err(_)) => return Err(not_a_position()),
        _ => None,
    };
    let Some(given) = header.or(query) else { return Ok(None) };
    let position: StreamPosition = given.parse().map_err(|_| not_a_position())?;
    // After it there would be nothing to send for a long time.
    if made_at(position.callback.0).since(Timestamp::now()) > CLOCKS_DIFFER {
        return Err(not_a_position());
    }
    Ok(Some(position))
}

fn not_a_position() -> Problem {
    let detail = "Give the id of the last event that you received, or omit it to begin now.";
    Problem::invalid(vec![FieldError::new("/last_event_id", detail)])
}

fn later(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}
