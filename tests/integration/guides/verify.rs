use http::{HeaderMap, StatusCode};
use standardwebhooks::Webhook;

/// The status with which a receiver answers: 204 if the callback is genuine.
pub(crate) fn answer(secret: &str, headers: &HeaderMap, body: &[u8]) -> StatusCode {
    match Webhook::new(secret).and_then(|webhook| webhook.verify(body, headers)) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::UNAUTHORIZED,
    }
}
