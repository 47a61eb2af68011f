//! The program that reads a response that lasts longer than one query: an export or a live stream. The gate checks its key when the request
//! begins. A key that is then revoked or expires must not receive more, so the response asks again.

use axum::http::{HeaderMap, header};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::id::WebhookId,
    rest::{extract::key_holder, reader::Reader},
    services::webhooks,
};

/// What a program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The log of this webhook.
    Log(WebhookId),
    /// The logs of all webhooks.
    AllLogs,
    /// The audit log.
    AuditLog,
}

/// A program with its API key, and what the response shows.
pub(super) struct KeyReader {
    /// Only the header with the key.
    headers: HeaderMap,
    subject: Subject,
}

impl KeyReader {
    /// The program that sent a request with these headers.
    pub(super) fn of(headers: &HeaderMap, subject: Subject) -> Self {
        let key = headers.get(header::AUTHORIZATION).cloned();
        Self {
            headers: key.map(|key| (header::AUTHORIZATION, key)).into_iter().collect(),
            subject,
        }
    }
}

impl Reader for KeyReader {
    async fn may_still_read(&self, app: &AppState) -> bool {
        let Ok(holder) = key_holder(app, &self.headers).await else {
            return false;
        };
        let by = Principal::Key(holder);
        match self.subject {
            Subject::Log(webhook) => webhooks::may_read_log(app, &by, webhook).await,
            Subject::AllLogs => by.may(Action::ReadCallbacks, false).is_ok(),
            Subject::AuditLog => by.may(Action::ReadAuditLog, false).is_ok(),
        }
    }
}
