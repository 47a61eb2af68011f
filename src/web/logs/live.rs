//! `GET /webhooks/{id}/callbacks/live`: server-sent events with the number of callbacks that were logged since a page was rendered.
//! The page requests the callbacks themselves when the user wants to see them.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use crate::{
    app::AppState,
    app::log_subscriptions::{LogSubscription, LogSubscriptions, Subscriber},
    auth::principal::{Principal, SignedIn},
    console::pages::log::log_query::LogQuery,
    domain::id::{CallbackId, WebhookId},
    problem::{Problem, ProblemCode},
    rest::{Params, reader::Reader},
    services::error::UseCaseError,
    services::webhooks::{Follower, News},
    web::{
        logs::selection,
        viewer::{Subject, Viewer},
    },
};

/// The maximum duration of a stream. The browser then connects again, is authorized again, and continues where it was.
const LIFE: Duration = Duration::from_secs(120);
/// How long the browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);
/// How often the stream checks that the viewer may still read the log.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// The interval of keep-alive messages in a stream without events.
const SIGN: Duration = Duration::from_secs(15);

/// The last callback that the page knows, after it was hidden for a while. A browser that lost its connection sends `Last-Event-ID` instead.
#[derive(Deserialize)]
pub(super) struct Since {
    since: Option<CallbackId>,
}

struct Following {
    follower: Follower,
    app: AppState,
    until: Instant,
    begins: Begins,
    viewer: Viewer,
    /// When the permission of the viewer was last checked.
    checked: Instant,
    /// Released when the stream ends.
    _subscription: LogSubscription,
}

/// What the stream sends before it waits for the first time.
enum Begins {
    Greeting(Option<CallbackId>),
    Missed,
    Over,
}

/// Streams the news of a log.
pub(super) async fn live(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Extension(who): Extension<SignedIn>,
    Params(query): Params<LogQuery>,
    Params(Since { since }): Params<Since>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let user = who.user;
    let after = last_event(&parts.headers).or(since);
    let Ok(webhook) = id.parse::<WebhookId>() else {
        return Problem::from(UseCaseError::NotFound).into_response();
    };
    let followed = async {
        let (by, id) = (Principal::User(who), webhook);
        match selection(&app, &by, id, &query, &parts.headers).await? {
            Ok((range, filter)) if range.open_end => Follower::start(&app, &by, id, filter, after).await.map(Some),
            _ => Ok(None),
        }
    };
    let follower = match followed.await {
        Ok(Some(follower)) => follower,
        // Nothing is added to a range in the past. After this response, the browser does not connect again.
        Ok(None) => return StatusCode::NO_CONTENT.into_response(),
        Err(error) => return Problem::from(error).into_response(),
    };
    let Some(subscription) = app.log_subscriptions.subscribe(Subscriber::User(user)) else {
        let detail = "Too many pages follow logs just now. This one is tried again.";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, ProblemCode::Busy, "Too many followers", detail).into_response();
    };
    let following = Following {
        follower,
        app,
        until: Instant::now() + LIFE,
        begins: Begins::Greeting(after),
        viewer: Viewer::of(&parts, Subject::Log(webhook)),
        checked: Instant::now(),
        _subscription: subscription,
    };
    let events = Sse::new(events(following)).keep_alive(KeepAlive::new().interval(SIGN));
    // Proxies that buffer responses would delay the events.
    ([("x-accel-buffering", "no")], events).into_response()
}

fn events(following: Following) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(following, |mut following| async move {
        loop {
            match following.begins {
                Begins::Greeting(after) => {
                    following.begins = Begins::Missed;
                    let greeting = Event::default().retry(RETRY);
                    let greeting = match after {
                        Some(after) => greeting.id(after.to_string()),
                        None => greeting,
                    };
                    return Some((Ok(greeting), following));
                }
                Begins::Missed => following.begins = Begins::Over,
                Begins::Over => {
                    let live: &LogSubscriptions = &following.app.log_subscriptions;
                    tokio::select! {
                        () = live.stopped() => return None,
                        () = sleep_until(following.until) => return None,
                        () = sleep_until(following.checked + CHECK_EVERY) => {}
                        () = following.follower.wait() => {}
                    }
                }
            }
            // The stream ends if the user was signed out or disabled, or does not own the webhook any more.
            if following.checked.elapsed() >= CHECK_EVERY {
                if !following.viewer.may_still_read(&following.app).await {
                    return None;
                }
                following.checked = Instant::now();
            }
            match following.follower.look().await {
                Ok(Some(news)) => return Some((Ok(event(news)), following)),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "the live updates of a log end because the database failed; the browser connects again: {error}");
                    return None;
                }
            }
        }
    })
}

fn event(news: News) -> Event {
    Event::default()
        .event("callbacks")
        .id(news.last.to_string())
        .data(news.count.to_string())
}

fn last_event(headers: &HeaderMap) -> Option<CallbackId> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}
