//! `GET /webhooks/{id}/callbacks/live`: server-sent events that tell a page how many callbacks were logged since it was made.
//! What they are, it asks for when its reader wants to see them.

use std::{convert::Infallible, net::IpAddr, time::Duration};

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
    app::log_subscriptions::{LogSubscription, LogSubscriptions},
    auth::{
        principal::{Principal, SignedIn},
        session,
    },
    console::calls::LogQuery,
    domain::id::{CallbackId, WebhookId},
    request::{client_address::ClientAddress, cookies},
    rest::{Params, Problem},
    services::error::UseCaseError,
    services::webhooks::{self, Follower, News},
    web::logs::asked,
};

/// A stream ends after so long; the browser comes back, is asked again who it is, and goes on where it was.
const LIFE: Duration = Duration::from_secs(120);
/// How long the browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);
/// How often it is made sure that the viewer may still follow.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// How often a silent stream gives a sign of life.
const SIGN: Duration = Duration::from_secs(15);

/// Where a page stands that was hidden for a while. (A browser that lost its connection says it in `Last-Event-ID`.)
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
    /// When it was last made sure that the viewer may still follow.
    checked: Instant,
    /// Given back when the stream ends.
    _subscription: LogSubscription,
}

/// Who follows which log.
struct Viewer {
    webhook: WebhookId,
    /// The token of their session.
    token: String,
    address: IpAddr,
}

impl Viewer {
    /// Whether their session lives, and they may still read the log.
    async fn may_follow(&self, app: &AppState) -> bool {
        let session = session::check(&app.store, &self.token, self.address, app.clock.now()).await;
        let Ok(Some(who)) = session else { return false };
        webhooks::may_read_log(app, &Principal::User(who), self.webhook).await
    }
}

/// What is still to be said before the first wait.
enum Begins {
    Greeting(Option<CallbackId>),
    Missed,
    Over,
}

/// Streams news of a log.
pub(super) async fn live(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Extension(who): Extension<SignedIn>,
    Params(query): Params<LogQuery>,
    Params(Since { since }): Params<Since>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let (user, token) = (
        who.user,
        cookies::value(&parts.headers, session::COOKIE).unwrap_or_default().to_owned(),
    );
    let after = last_event(&parts.headers).or(since);
    let address = ClientAddress::of(&parts).0;
    let Ok(webhook) = id.parse::<WebhookId>() else {
        return Problem::from(UseCaseError::NotFound).into_response();
    };
    let followed = async {
        let (by, id) = (Principal::User(who), webhook);
        match asked(&app, &by, id, &query, &parts).await? {
            Ok((range, filter)) if range.open_end => Follower::start(&app, &by, id, filter, after).await.map(Some),
            _ => Ok(None),
        }
    };
    let follower = match followed.await {
        Ok(Some(follower)) => follower,
        // Nothing is ever added to what is past: a browser does not come back after this.
        Ok(None) => return StatusCode::NO_CONTENT.into_response(),
        Err(error) => return Problem::from(error).into_response(),
    };
    let Some(subscription) = app.log_subscriptions.subscribe(user) else {
        let detail = "Too many pages follow logs just now. This one is tried again.";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many followers", detail).into_response();
    };
    let following = Following {
        follower,
        app,
        until: Instant::now() + LIFE,
        begins: Begins::Greeting(after),
        viewer: Viewer { webhook, token, address },
        checked: Instant::now(),
        _subscription: subscription,
    };
    let events = Sse::new(events(following)).keep_alive(KeepAlive::new().interval(SIGN));
    // Proxies that gather answers would hold events back.
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
            // Who has been signed out or disabled, or owns the webhook no longer, hears nothing more.
            if following.checked.elapsed() >= CHECK_EVERY {
                if !following.viewer.may_follow(&following.app).await {
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
