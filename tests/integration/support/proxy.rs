//! A proxy that can stop forwarding: connections stay open and carry nothing, as behind a network that drops all packets. It can also cut all
//! connections.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// The proxy.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    /// How often it stopped forwarding: connections from before carry nothing any more.
    silences: watch::Sender<u32>,
    is_silent: Arc<AtomicBool>,
    /// How often it cut all connections.
    cuts: watch::Sender<u32>,
    /// The number of connections that were made.
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts a proxy to this address.
    pub(crate) async fn to(server: String) -> Self {
        Self::to_each(vec![server]).await
    }

    /// Starts a proxy whose connections go to one of these addresses after the other.
    pub(crate) async fn to_each(servers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silences, heard) = watch::channel(0);
        let (cuts, cut) = watch::channel(0);
        let connections = Arc::new(AtomicUsize::new(0));
        let made = connections.clone();
        let is_silent = Arc::new(AtomicBool::new(false));
        let silent = is_silent.clone();
        tokio::spawn(async move {
            let mut kept = Vec::new();
            let mut servers = servers.iter().cycle();
            while let Ok((client, _)) = listener.accept().await {
                if silent.load(Ordering::SeqCst) {
                    kept.push(client);
                    continue;
                }
                let Some(server) = servers.next() else { return };
                let Ok(server) = TcpStream::connect(server).await else { continue };
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                made.fetch_add(1, Ordering::SeqCst);
                for (from, to) in [(from_client, to_server), (from_server, to_client)] {
                    let (heard, mut cut) = (heard.clone(), cut.clone());
                    cut.mark_unchanged();
                    tokio::spawn(async move {
                        tokio::select! {
                            () = carry(from, to, heard) => {}
                            // Dropping both halves closes the sockets.
                            _ = cut.changed() => {}
                        }
                    });
                }
            }
        });
        Self {
            address,
            silences,
            is_silent,
            cuts,
            connections,
        }
    }

    /// Closes all connections. New ones are forwarded.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// The number of connections that were made so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Stops forwarding on all connections; new ones are accepted and carry nothing.
    pub(crate) fn fall_silent(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
        self.silences.send_modify(|silences| *silences += 1);
    }

    /// Forwards new connections again.
    pub(crate) fn speak(&self) {
        self.is_silent.store(false, Ordering::SeqCst);
    }
}

async fn silence(silences: &mut watch::Receiver<u32>, before: u32) {
    // An error means that the test is over.
    let _ = silences.wait_for(|silences| *silences > before).await;
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut silences: watch::Receiver<u32>) {
    let before = *silences.borrow_and_update();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            biased;
            () = silence(&mut silences, before) => std::future::pending().await,
            count = from.read(&mut buffer) => match count {
                Ok(count @ 1..) if to.write_all(&buffer[..count]).await.is_ok() => {}
                _ => return,
            },
        }
    }
}
