//! Calls the receivers of a simulation in place of [`crate::delivery::client::Client`].

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::{
    delivery::{
        client::{AttemptHeaders, Called},
        endpoint_cache::Endpoint,
        simulated::{Call, Receivers},
    },
    domain::{
        answer::{Answer, Failure},
        connection::Phases,
    },
};

/// Calls a receiver, with the time limit of an attempt.
pub(super) async fn call(receivers: &Receivers, endpoint: &Endpoint, own: &AttemptHeaders, body: Bytes, limit: Duration) -> Called {
    let began = Instant::now();
    let id = own.iter().find(|(name, _)| *name == "webhook-id");
    let call = Call {
        url: endpoint.url_text.to_string(),
        message_id: id.map(|(_, value)| value.clone()).unwrap_or_default(),
        body,
    };
    let response = receivers.call(call, limit).await;
    let answer = match response {
        None => Answer::None(Failure::TimedOut),
        Some(response) => response.status.map_or(Answer::None(Failure::ConnectionReset), Answer::Status),
    };
    Called {
        answer,
        detail: None,
        took: began.elapsed(),
        phases: Phases::default(),
        certificates: Vec::new(),
        received: None,
        retry_after: response.and_then(|response| response.retry_after),
        late_body: None,
    }
}
