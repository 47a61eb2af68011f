//! `RabbitMQ` (AMQP 0-9-1): the durable queues `clearhook.events` and `clearhook.rejected`.

use std::sync::Arc;

use futures_util::StreamExt;
use lapin::{
    Channel, Confirmation, Connection, ConnectionProperties, Consumer, ErrorKind,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions, QueueDeclareOptions},
    tcp::AsyncTcpStream,
    types::FieldTable,
    uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo},
};
use rustls::ClientConfig;
use tokio::{sync::Mutex, time::timeout};

use crate::{
    broker::{
        adapter::{Broker, BrokerError, EXCHANGE, IN_PROGRESS_MAX, Received, Session},
        amqp_message::{message, rejected_properties},
        amqp_transport::{open, runtime},
        tls::{client_config, explain},
    },
    config::{AMQP, AmqpServer, AmqpSettings},
    services::events::message::{Message, Rejection},
};

/// The queue of events.
const EVENTS: &str = "clearhook.events";
/// The queue of rejected messages.
const REJECTED: &str = "clearhook.rejected";
/// The interval of heartbeats in seconds. A server that is silent for twice as long is lost.
const HEARTBEAT: u16 = 10;
/// Reply codes (AMQP 0-9-1, section 1.3).
const NOT_FOUND: u16 = 404;
const SUCCESS: u16 = 200;

/// The adapter.
pub(super) struct RabbitMq(Arc<AmqpSettings>);

impl RabbitMq {
    pub(super) fn new(settings: AmqpSettings) -> Self {
        Self(Arc::new(settings))
    }
}

impl Broker for RabbitMq {
    const NAME: &'static str = "rabbitmq";
    const TITLE: &'static str = "RabbitMQ";

    type Session = AmqpSession;

    async fn connect(&self) -> Result<AmqpSession, BrokerError> {
        AmqpSession::open(&self.0).await
    }

    async fn reach(&self) -> Result<(), BrokerError> {
        // What the server answers to the end of the connection does not matter.
        let _ = connect(&self.0).await?.close(SUCCESS, "checked".into()).await;
        Ok(())
    }

    fn servers(&self) -> String {
        self.0.to_string()
    }
}

/// A connection with a consumer.
pub(super) struct AmqpSession {
    connection: Connection,
    consumer: Consumer,
    control: Channel,
    publisher: Arc<Publisher>,
}

impl AmqpSession {
    async fn open(settings: &Arc<AmqpSettings>) -> Result<Self, BrokerError> {
        let connection = connect(settings).await?;
        for queue in [EVENTS, REJECTED] {
            declare(&connection, queue).await?;
        }
        let open = async {
            let (channel, control) = (connection.create_channel().await?, connection.create_channel().await?);
            let prefetch = u16::try_from(IN_PROGRESS_MAX).unwrap_or(u16::MAX);
            channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
            let options = BasicConsumeOptions::default();
            let consumer = channel
                .basic_consume(EVENTS.into(), "".into(), options, FieldTable::default())
                .await?;
            Ok((consumer, control))
        };
        let (consumer, control) = within(open).await?;
        Ok(Self {
            connection,
            consumer,
            control,
            publisher: Arc::new(Publisher {
                settings: settings.clone(),
                channel: Mutex::default(),
            }),
        })
    }
}

impl Session for AmqpSession {
    type Received = AmqpReceived;

    async fn next(&mut self) -> Result<AmqpReceived, BrokerError> {
        match self.consumer.next().await {
            Some(Ok(delivery)) => Ok(AmqpReceived {
                delivery,
                publisher: self.publisher.clone(),
            }),
            Some(Err(error)) => Err(failed(&error)),
            None => Err(BrokerError(format!("the queue {EVENTS} was deleted"))),
        }
    }

    async fn waiting(&mut self, in_progress: u64) -> Result<u64, BrokerError> {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let queue = within(self.control.queue_declare(EVENTS.into(), passive, FieldTable::default())).await?;
        Ok(u64::from(queue.message_count()) + in_progress)
    }

    async fn close(self) {
        self.publisher.close().await;
        // The server delivers what is not acknowledged to another consumer. An error means that it is away, with the same effect.
        let _ = self.connection.close(SUCCESS, "stopping".into()).await;
    }
}

/// A delivered message.
pub(super) struct AmqpReceived {
    delivery: Delivery,
    publisher: Arc<Publisher>,
}

impl Received for AmqpReceived {
    fn message(&self) -> Message {
        message(&self.delivery)
    }

    async fn acknowledge(&self) -> Result<(), BrokerError> {
        self.delivery
            .acker
            .ack(BasicAckOptions::default())
            .await
            .map_err(|error| failed(&error))?;
        Ok(())
    }

    async fn store_rejected(&self, rejection: &Rejection) -> Result<(), BrokerError> {
        self.publisher.publish(&self.delivery, rejection).await
    }
}

/// Publishes rejected messages. It has a connection of its own, because `RabbitMQ` reads nothing from a connection that publishes while it
/// is short of memory, and acknowledgements must be read then.
struct Publisher {
    settings: Arc<AmqpSettings>,
    channel: Mutex<Option<(Connection, Channel)>>,
}

impl Publisher {
    async fn publish(&self, delivery: &Delivery, rejection: &Rejection) -> Result<(), BrokerError> {
        let channel = self.channel().await?;
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let properties = rejected_properties(delivery, rejection);
        let publish = async {
            channel
                .basic_publish("".into(), REJECTED.into(), options, &delivery.data, properties)
                .await?
                .await
        };
        match within(publish).await {
            Ok(Confirmation::Ack(None)) => Ok(()),
            Ok(_) => {
                // The queue was deleted: it is declared with the next connection.
                self.close().await;
                Err(BrokerError(format!("the queue {REJECTED} does not take it")))
            }
            Err(error) => {
                self.close().await;
                Err(error)
            }
        }
    }

    async fn channel(&self) -> Result<Channel, BrokerError> {
        let mut open = self.channel.lock().await;
        if let Some((_, channel)) = &*open
            && channel.status().connected()
        {
            return Ok(channel.clone());
        }
        let connection = connect(&self.settings).await?;
        declare(&connection, REJECTED).await?;
        let channel = within(connection.create_channel()).await?;
        within(channel.confirm_select(ConfirmSelectOptions::default())).await?;
        *open = Some((connection, channel.clone()));
        Ok(channel)
    }

    async fn close(&self) {
        if let Some((connection, _)) = self.channel.lock().await.take() {
            // It may be closed already.
            let _ = connection.close(SUCCESS, "done".into()).await;
        }
    }
}

/// Connects to the first server that can be reached.
async fn connect(settings: &AmqpSettings) -> Result<Connection, BrokerError> {
    let mut first = None;
    for server in &settings.servers {
        match connect_to(server, settings).await {
            Ok(connection) => return Ok(connection),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or_else(|| BrokerError(format!("{AMQP} names no server"))))
}

async fn connect_to(server: &AmqpServer, settings: &AmqpSettings) -> Result<Connection, BrokerError> {
    let tls: Option<Arc<ClientConfig>> = if server.tls {
        Some(Arc::new(client_config(&settings.more_roots)?))
    } else {
        None
    };
    let transport = open(server, tls)
        .await
        .map_err(|error| explain(AMQP, &server.to_string(), &error))?;
    // The library asks for a connection once, because it is not told to connect again.
    let transport = std::sync::Mutex::new(Some(transport));
    let connect = async move |_: AMQPUri, _| match crate::sync::locked(&transport).take() {
        Some(transport) => Ok(AsyncTcpStream::Plain(transport)),
        None => Err(std::io::Error::from(std::io::ErrorKind::NotConnected).into()),
    };
    let properties = ConnectionProperties::default().with_connection_name("clearhook".into());
    let connecting = timeout(EXCHANGE, Connection::connector(uri(server), runtime(), connect, properties));
    match connecting.await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(BrokerError(match error.kind() {
            ErrorKind::ProtocolError(refused) => format!(
                "{AMQP}: {server} refuses the connection: {}; check user, password and virtual host",
                refused.get_message()
            ),
            _ => format!("{AMQP}: {server} ended the connection during the handshake: {error}"),
        })),
        Err(_) => Err(BrokerError(format!(
            "{AMQP}: {server} does not answer; check that it runs, and that its address and port are right"
        ))),
    }
}

fn uri(server: &AmqpServer) -> AMQPUri {
    AMQPUri {
        scheme: if server.tls { AMQPScheme::AMQPS } else { AMQPScheme::AMQP },
        authority: AMQPAuthority {
            userinfo: AMQPUserInfo {
                username: server.user.clone(),
                password: server.password.as_str().to_owned(),
            },
            host: server.host.clone(),
            port: server.port,
        },
        vhost: server.vhost.clone(),
        query: AMQPQueryString {
            heartbeat: Some(HEARTBEAT),
            ..AMQPQueryString::default()
        },
    }
}

/// Declares a queue if it is missing. An existing one is not touched, because declaring it with other arguments would be an error.
async fn declare(connection: &Connection, queue: &str) -> Result<(), BrokerError> {
    let passive = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let exists = async {
        let channel = connection.create_channel().await?;
        channel.queue_declare(queue.into(), passive, FieldTable::default()).await?;
        channel.close(SUCCESS, "done".into()).await
    };
    match timeout(EXCHANGE, exists).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) if is_missing(&error) => {}
        Ok(Err(error)) => return Err(failed(&error)),
        Err(_) => return Err(silent()),
    }
    let durable = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    within(async {
        // The error closed the other channel.
        let channel = connection.create_channel().await?;
        channel.queue_declare(queue.into(), durable, FieldTable::default()).await?;
        channel.close(SUCCESS, "done".into()).await
    })
    .await
}

fn is_missing(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(refused) if refused.get_id() == NOT_FOUND)
}

/// Waits for an exchange with the server, within the time limit.
async fn within<T>(exchange: impl Future<Output = lapin::Result<T>>) -> Result<T, BrokerError> {
    match timeout(EXCHANGE, exchange).await {
        Ok(done) => done.map_err(|error| failed(&error)),
        Err(_) => Err(silent()),
    }
}

fn silent() -> BrokerError {
    BrokerError("RabbitMQ does not answer".to_owned())
}

fn failed(error: &lapin::Error) -> BrokerError {
    BrokerError(match error.kind() {
        ErrorKind::ProtocolError(refused) => format!("RabbitMQ reports: {}", refused.get_message()),
        _ => format!("the connection is lost: {error}"),
    })
}
