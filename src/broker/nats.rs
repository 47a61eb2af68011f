//! NATS `JetStream`: the stream `CLEARHOOK` with the durable consumer `clearhook`, and the stream `CLEARHOOK_REJECTED`.

use std::time::Duration;

use async_nats::{
    Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, StatusCode, Subject, Subscriber,
    jetstream::{
        self, AckKind, Context, ErrorCode,
        consumer::{AckPolicy, PullConsumer, pull},
        context::GetStreamErrorKind,
        message::PublishMessage,
        stream::{RetentionPolicy, StorageType},
    },
};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::{
    broker::{
        adapter::{Broker, BrokerError, EXCHANGE, IN_PROGRESS_MAX, Received, Session},
        nats_message::{EVENTS, REJECTED_SUBJECT, SUBJECT_PREFIX, message, rejected_copies, unusable},
        nats_unreadable::move_unreadable,
        tls::{client_config, explain},
    },
    config::{NATS, NatsLogin, NatsSettings},
    services::events::message::{Message, Rejection},
};

/// The durable consumer, which all nodes share.
const CONSUMER: &str = "clearhook";
/// The stream of rejected messages.
const REJECTED: &str = "CLEARHOOK_REJECTED";
/// After this time the server delivers a message again that was not acknowledged.
const ACK_WAIT: Duration = Duration::from_secs(30);
/// Maximum number of messages that are not acknowledged, of all nodes together.
const ACK_PENDING_MAX: i64 = 10_000;
/// A server that does not answer two pings in a row is lost.
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// How many messages are requested at once. More are requested when at most half as many are still to come.
const REQUEST: usize = IN_PROGRESS_MAX / 2;
/// The duration of a request, and how often the server says that it still waits.
const REQUEST_EXPIRES: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(5);
/// A server that says nothing for so long has lost the request.
const SILENCE: Duration = Duration::from_secs(15);
/// When messages that a stopping node gives back are delivered again.
const GIVE_BACK: Duration = Duration::from_millis(500);

/// The adapter.
pub(super) struct Nats(NatsSettings);

impl Nats {
    pub(super) fn new(settings: NatsSettings) -> Self {
        Self(settings)
    }
}

impl Broker for Nats {
    const NAME: &'static str = "nats";
    const TITLE: &'static str = "NATS JetStream";

    type Session = NatsSession;

    async fn connect(&self) -> Result<NatsSession, BrokerError> {
        let lost = CancellationToken::new();
        let client = connect(&self.0, &lost).await?;
        NatsSession::open(client, lost).await
    }

    async fn reach(&self) -> Result<(), BrokerError> {
        let client = connect(&self.0, &CancellationToken::new()).await?;
        let stream = timeout(EXCHANGE, jetstream::new(client).get_stream(EVENTS)).await;
        match stream {
            Ok(Ok(_)) => Ok(()),
            // The service creates it.
            Ok(Err(error)) if matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND) => {
                Ok(())
            }
            Ok(Err(error)) => Err(unusable("the stream CLEARHOOK", &error)),
            Err(_) => Err(BrokerError(format!(
                "{NATS}: JetStream does not answer; check that it is enabled on the server"
            ))),
        }
    }

    fn servers(&self) -> String {
        self.0.to_string()
    }
}

/// A connection with a consumer.
pub(super) struct NatsSession {
    client: Client,
    consumer: PullConsumer,
    context: Context,
    /// Receives the messages that are requested, in `inbox`.
    subscription: Subscriber,
    inbox: Subject,
    /// How many messages are requested and not received.
    requested: usize,
    /// When the server was last heard.
    heard: Instant,
    /// Cancelled when the connection is lost.
    lost: CancellationToken,
    /// Number of messages that were rejected when the connection was opened.
    unreadable: u64,
}

async fn connect(settings: &NatsSettings, lost: &CancellationToken) -> Result<Client, BrokerError> {
    let ended = lost.clone();
    let options = ConnectOptions::new()
        .name("clearhook")
        .ping_interval(PING_INTERVAL)
        .connection_timeout(EXCHANGE)
        .request_timeout(Some(EXCHANGE))
        .require_tls(settings.requires_tls)
        .tls_client_config(client_config(&settings.more_roots)?)
        // Connecting again is the consumer's task, which also looks whether the streams are still there.
        .max_reconnects(settings.servers.len())
        .event_callback(move |event| {
            let is_end = matches!(event, Event::Disconnected | Event::Closed);
            let ended = ended.clone();
            async move {
                if is_end {
                    ended.cancel();
                }
            }
        });
    let options = match &settings.login {
        NatsLogin::Anonymous => options,
        NatsLogin::Password(user, password) => options.user_and_password(user.clone(), password.as_str().to_owned()),
        NatsLogin::Token(token) => options.token(token.as_str().to_owned()),
        // The library wants a line break after the last line, which a file may lack, and which is lost in a setting.
        NatsLogin::Credentials(text) => options.credentials(&Zeroizing::new(format!("{}\n", text.as_str()))).map_err(|_| {
            BrokerError(
                "CLEARHOOK_NATS_CREDENTIALS: the credentials cannot be read; create the file again with `nsc generate creds`".to_owned(),
            )
        })?,
    };
    options
        .connect(settings.servers.as_slice())
        .await
        .map_err(|error| refused(settings, &error))
}

fn refused(settings: &NatsSettings, error: &ConnectError) -> BrokerError {
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => BrokerError(format!(
            "{NATS}: {settings} refuses the credentials; check user and password, the token, or CLEARHOOK_NATS_CREDENTIALS"
        )),
        ConnectErrorKind::TimedOut => BrokerError(format!(
            "{NATS}: {settings} does not answer; check that it runs, and that its address and port are right"
        )),
        _ => explain(NATS, &settings.to_string(), error),
    }
}

impl NatsSession {
    async fn open(client: Client, lost: CancellationToken) -> Result<Self, BrokerError> {
        let context = jetstream::new(client.clone());
        let open = async {
            let events = context
                .get_or_create_stream(jetstream::stream::Config {
                    name: EVENTS.to_owned(),
                    subjects: vec![format!("{SUBJECT_PREFIX}>")],
                    storage: StorageType::File,
                    // What is acknowledged is deleted: it is in clearhook's database.
                    retention: RetentionPolicy::WorkQueue,
                    description: Some("Events for clearhook".to_owned()),
                    ..jetstream::stream::Config::default()
                })
                .await
                .map_err(|error| unusable("the stream CLEARHOOK", &error))?;
            context
                .get_or_create_stream(jetstream::stream::Config {
                    name: REJECTED.to_owned(),
                    subjects: vec![REJECTED_SUBJECT.to_owned()],
                    storage: StorageType::File,
                    description: Some("Messages that clearhook could not accept, with the reason in their headers".to_owned()),
                    ..jetstream::stream::Config::default()
                })
                .await
                .map_err(|error| unusable("the stream CLEARHOOK_REJECTED", &error))?;
            let mut consumer = events
                .get_or_create_consumer(
                    CONSUMER,
                    pull::Config {
                        durable_name: Some(CONSUMER.to_owned()),
                        ack_policy: AckPolicy::Explicit,
                        ack_wait: ACK_WAIT,
                        max_ack_pending: ACK_PENDING_MAX,
                        ..pull::Config::default()
                    },
                )
                .await
                .map_err(|error| unusable("the consumer clearhook", &error))?;
            let most = client.server_info().max_payload;
            let moved = move_unreadable(&context, &events, &mut consumer, most).await?;
            let inbox = Subject::from(client.new_inbox());
            let subscription = client
                .subscribe(inbox.clone())
                .await
                .map_err(|error| unusable("the inbox", &error))?;
            Ok((consumer, inbox, subscription, moved))
        };
        let (consumer, inbox, subscription, unreadable) = timeout(3 * EXCHANGE, open)
            .await
            .map_err(|_| BrokerError("JetStream does not answer".to_owned()))??;
        Ok(Self {
            client,
            consumer,
            context,
            subscription,
            inbox,
            requested: 0,
            heard: Instant::now(),
            lost,
            unreadable,
        })
    }
}

impl Session for NatsSession {
    type Received = NatsReceived;

    async fn next(&mut self) -> Result<NatsReceived, BrokerError> {
        loop {
            if self.requested <= REQUEST / 2 {
                self.request().await?;
            }
            // The buffer of the subscription is looked at first: while no slot was free, nobody listened.
            let next = timeout_at(self.heard + SILENCE, self.subscription.next());
            let next = tokio::select! {
                biased;
                () = self.lost.cancelled() => return Err(lost()),
                next = next => next,
            };
            self.heard = Instant::now();
            let message = match next {
                Ok(Some(message)) => message,
                Ok(None) => return Err(lost()),
                Err(_) => return Err(BrokerError("the server is silent".to_owned())),
            };
            match message.status {
                None | Some(StatusCode::OK) => {
                    self.requested = self.requested.saturating_sub(1);
                    return Ok(self.received(message));
                }
                Some(StatusCode::IDLE_HEARTBEAT) => {}
                // The request has expired. The rest of it will not come.
                Some(StatusCode::TIMEOUT | StatusCode::NOT_FOUND) => {
                    let rest = message.headers.as_ref().and_then(|headers| headers.get("Nats-Pending-Messages"));
                    let rest = rest.and_then(|rest| rest.as_str().parse().ok()).unwrap_or(self.requested);
                    self.requested = self.requested.saturating_sub(rest);
                }
                Some(status) => {
                    let detail = message.description.unwrap_or_default();
                    return Err(BrokerError(format!("the consumer {CONSUMER} delivers nothing: {status} {detail}")));
                }
            }
        }
    }

    fn rejected_before(&self) -> u64 {
        self.unreadable
    }

    async fn waiting(&mut self, _: u64) -> Result<u64, BrokerError> {
        if self.lost.is_cancelled() {
            return Err(lost());
        }
        let info = self
            .consumer
            .info()
            .await
            .map_err(|error| unusable("the consumer clearhook", &error))?;
        Ok(info.num_pending + info.num_ack_pending as u64)
    }

    async fn close(mut self) {
        if self.lost.is_cancelled() {
            return;
        }
        // Without this, other nodes would get these messages only after `ACK_WAIT`.
        if self.subscription.drain().await.is_ok() {
            while let Some(message) = self.subscription.next().await {
                if matches!(message.status, None | Some(StatusCode::OK)) {
                    // If it fails, the message is delivered after `ACK_WAIT`.
                    let _ = self.received(message).0.ack_with(AckKind::Nak(Some(GIVE_BACK))).await;
                }
            }
        }
        let _ = self.client.flush().await;
    }
}

impl NatsSession {
    /// Requests messages. If the future is dropped, nothing was requested.
    async fn request(&mut self) -> Result<(), BrokerError> {
        let request = pull::BatchConfig {
            batch: REQUEST,
            expires: Some(REQUEST_EXPIRES),
            idle_heartbeat: HEARTBEAT,
            ..pull::BatchConfig::default()
        };
        let sent = self.consumer.request_batch(request, self.inbox.clone()).await;
        sent.map_err(|error| unusable("the consumer clearhook", &error))?;
        self.requested += REQUEST;
        self.heard = Instant::now();
        Ok(())
    }

    fn received(&self, message: async_nats::Message) -> NatsReceived {
        NatsReceived(jetstream::Message {
            message,
            context: self.context.clone(),
        })
    }
}

fn lost() -> BrokerError {
    BrokerError("the connection is lost".to_owned())
}

/// A delivered message.
pub(super) struct NatsReceived(jetstream::Message);

impl Received for NatsReceived {
    fn message(&self) -> Message {
        message(&self.0)
    }

    async fn acknowledge(&self) -> Result<(), BrokerError> {
        self.0.ack().await.map_err(|error| BrokerError(error.to_string()))
    }

    async fn store_rejected(&self, rejection: &Rejection) -> Result<(), BrokerError> {
        let most = self.0.context.client().server_info().max_payload;
        for (headers, body) in rejected_copies(&self.0, rejection, most) {
            let publish = PublishMessage::build().headers(headers).payload(body);
            let confirmed = self.0.context.send_publish(REJECTED_SUBJECT, publish).await;
            let confirmed = confirmed.map_err(|error| unusable("the stream CLEARHOOK_REJECTED", &error))?;
            confirmed.await.map_err(|error| unusable("the stream CLEARHOOK_REJECTED", &error))?;
        }
        Ok(())
    }
}
