//! The viewer of a response that lasts longer than one query: an export or the live updates of a log. The gate checks the session when the
//! request begins. Whoever is then signed out, disabled or loses the webhook must not receive more, so the stream asks again.

use std::net::IpAddr;

use axum::http::request::Parts;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action, session},
    domain::id::WebhookId,
    request::{client_address::ClientAddress, cookies},
    rest::reader::Reader,
    services::webhooks,
};

/// What a viewer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The log of this webhook.
    Log(WebhookId),
    /// The audit log.
    AuditLog,
}

/// A signed-in viewer and what the response shows.
pub(super) struct Viewer {
    /// The token of the session.
    token: String,
    address: IpAddr,
    subject: Subject,
}

impl Viewer {
    /// The viewer who sent the request with this head.
    pub(super) fn of(parts: &Parts, subject: Subject) -> Self {
        Self {
            token: cookies::value(&parts.headers, session::COOKIE).unwrap_or_default().to_owned(),
            address: ClientAddress::of(parts).0,
            subject,
        }
    }
}

impl Reader for Viewer {
    /// Whether the session is still valid and its user, in the present role, may still read this. False also if the database cannot answer.
    async fn may_still_read(&self, app: &AppState) -> bool {
        let session = session::check(&app.store, &self.token, self.address, app.clock.now()).await;
        let Ok(Some(who)) = session else { return false };
        let by = Principal::User(who);
        match self.subject {
            Subject::Log(webhook) => webhooks::may_read_log(app, &by, webhook).await,
            Subject::AuditLog => by.may(Action::ReadAuditLog, false).is_ok(),
        }
    }
}
