//! `serve --demo`: adds a sample webhook with one callback in its log.

use std::{borrow::Cow, net::SocketAddr, time::Duration};

use serde_json::value::RawValue;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    app::AppState,
    auth::{password, principal::Principal},
    catalogue::{
        BuiltIn,
        example::{example_data, example_subject},
    },
    cli::{error::CliError, listen},
    domain::{event_type::EventPattern, role::Role, secret::SigningSecret},
    services::events::{accept, cloud_event::CloudEvent},
    services::webhooks::{self, WebhookInput},
    storage::{audit::Actor, webhooks::WebhookFilter},
};

/// How long to wait for the sample callback.
const CALLBACK_PRINTED: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const EMAIL: &str = "admin@example.com";

/// The receiver of the sample webhook.
pub(super) struct SampleReceiver {
    listener: TcpListener,
    /// The address it listens on.
    pub(super) address: SocketAddr,
}

impl SampleReceiver {
    /// Binds the address.
    pub(super) async fn bind(address: SocketAddr) -> Result<Self, CliError> {
        let cannot = |error: std::io::Error| {
            CliError::Other(format!(
                "cannot start the sample receiver on {address}: {error}; stop the program that uses this address"
            ))
        };
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        Ok(Self { listener, address })
    }
}

/// Starts the receiver and, if the database is empty, adds the sample. Returns the text that explains how to sign in.
pub(super) async fn start(app: &AppState, receiver: SampleReceiver, stop: CancellationToken) -> Result<String, CliError> {
    let SampleReceiver { listener, address } = receiver;
    let secret = SigningSecret::generate();
    let is_empty = app.store.has_no_users().await? && app.store.webhooks(&WebhookFilter::default(), None, 1).await?.items.is_empty();
    // If the sample was added by an earlier run, its secret is not known here, and the receiver does not check signatures.
    let known = is_empty.then(|| secret.clone());
    tokio::spawn(async move {
        let served = axum::serve(listener, listen::receiver(known, listen::ReceiverResponse::accepted()))
            .with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = served.await {
            tracing::warn!(%error, "the sample receiver stopped: {error}");
        }
    });
    if is_empty {
        add_sample(app, address, &secret).await
    } else {
        Ok(framed(&[
            "The database is not empty, so no sample was added.".to_owned(),
            String::new(),
            format!("address   {}", app.front.public_url),
            "Sign in as before. To replace a lost password, run:".to_owned(),
            "          clearhook user reset-password".to_owned(),
        ]))
    }
}

async fn add_sample(app: &AppState, receiver: SocketAddr, secret: &SigningSecret) -> Result<String, CliError> {
    let password = password::generate();
    app.store
        .add_user(&Actor::clearhook(), EMAIL, password::hash(&password).await?, Role::Administrator)
        .await?;
    // Without the pack, the webhook waits for whatever event types are added.
    let has_pack = app.event_types.loaded().get(BuiltIn::IdentityCreated.as_str()).is_some();
    let events = if has_pack {
        [BuiltIn::IdentityCreated, BuiltIn::IdentityUpdated]
            .map(|event| event.to_string())
            .to_vec()
    } else {
        vec![EventPattern::all().to_string()]
    };
    let mut input = WebhookInput::new("Sample receiver".to_owned(), format!("http://{receiver}/sample"), events);
    "Prints each callback in the terminal where clearhook runs.".clone_into(&mut input.description);
    let failed = |error: String| CliError::Other(format!("cannot add the sample: {error}"));
    webhooks::create(app, &Principal::System, input, Some(&secret.reveal()))
        .await
        .map_err(|error| failed(error.to_string()))?;
    if has_pack {
        accept(app, &Principal::System, &[sample_event()?], None)
            .await
            .map_err(|error| failed(error.to_string()))?;
    }
    // The receiver prints the sample callback to the same terminal. The text below must come after it.
    let printed = async {
        loop {
            if app.dispatcher.counters().callbacks() > 0 {
                return;
            }
            sleep(LOOK_EVERY).await;
        }
    };
    // The demo starts even if the callback did not arrive in time.
    let _ = timeout(if has_pack { CALLBACK_PRINTED } else { Duration::ZERO }, printed).await;
    Ok(framed(&[
        "The demo is ready. Sign in with".to_owned(),
        String::new(),
        format!("address   {}", app.front.public_url),
        format!("email     {EMAIL}"),
        format!("password  {password}"),
    ]))
}

/// Puts the lines between two rules, so that they stand out among log messages.
fn framed(lines: &[String]) -> String {
    let rule = "=".repeat(64);
    let text: String = lines.iter().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect();
    format!("\n{rule}\n\n{text}\n{rule}\n")
}

fn sample_event() -> Result<CloudEvent<'static>, CliError> {
    let data =
        RawValue::from_string(example_data(BuiltIn::IdentityCreated).to_string()).map_err(|error| CliError::Other(error.to_string()))?;
    Ok(CloudEvent {
        specversion: Some("1.0".into()),
        id: Some("sample-1".into()),
        source: Some("https://clearid.example.com".into()),
        event_type: Some(BuiltIn::IdentityCreated.as_str().into()),
        subject: Some(example_subject(BuiltIn::IdentityCreated).into()),
        data: Some(Cow::Owned(data)),
        ..CloudEvent::default()
    })
}
