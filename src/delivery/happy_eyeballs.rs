//! Connects to the first address of a receiver that responds (RFC 8305, "Happy Eyeballs"). The next connection attempt starts when the
//! previous one has failed or has not finished after a short delay, so that an unreachable address uses only a fraction of the timeout.

use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until, timeout_at},
};

/// "Connection Attempt Delay", RFC 8305 §5.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Maximum number of addresses to try. The limit is needed because the owner of the name chooses how many addresses it has.
const ADDRESSES_MAX: usize = 32;
/// Maximum number of concurrent connection attempts. Each holds a file descriptor.
const ATTEMPTS_MAX: u32 = 8;

/// The error of each address.
pub(super) type Failures = Vec<(SocketAddr, io::Error)>;

/// Returns the first connection that is established within `limit`, and its address.
pub(super) async fn connect(addresses: &[SocketAddr], limit: Duration) -> Result<(TcpStream, SocketAddr), Failures> {
    let deadline = Instant::now() + limit;
    let mut order = interleaved(addresses);
    order.truncate(ADDRESSES_MAX);
    // With this delay, at least half of the time is left when the last address is tried.
    let others = u32::try_from(order.len().saturating_sub(1)).unwrap_or(u32::MAX).max(1);
    let delay = ATTEMPT_DELAY.min(limit / 2 / others);
    let mut waiting = order.into_iter();
    let (mut running, mut silent, mut failed) = (FuturesUnordered::new(), Vec::new(), Failures::new());
    let mut next_start = Instant::now();
    loop {
        if running.is_empty() || next_start <= Instant::now() {
            if let Some(address) = waiting.next() {
                let attempts_left = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
                let end = if attempts_left < ATTEMPTS_MAX {
                    deadline
                } else {
                    Instant::now() + delay * ATTEMPTS_MAX
                };
                running.push(async move {
                    let connected = timeout_at(end, TcpStream::connect(address)).await;
                    (address, connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())))
                });
                silent.push(address);
                next_start = Instant::now() + delay;
            } else if running.is_empty() {
                return Err(failed);
            }
        }
        tokio::select! {
            biased;
            Some((address, result)) = running.next() => match result {
                Ok(stream) => return Ok((stream, address)),
                Err(error) => {
                    silent.retain(|other| *other != address);
                    failed.push((address, error));
                    next_start = Instant::now();
                }
            },
            () = sleep_until(deadline) => {
                // All addresses have been started by now, unless the machine was too busy.
                let timed_out = silent.into_iter().chain(waiting);
                failed.extend(timed_out.map(|address| (address, io::Error::from(io::ErrorKind::TimedOut))));
                return Err(failed);
            }
            () = sleep_until(next_start), if waiting.len() > 0 => {}
        }
    }
}

/// Alternates between IPv4 and IPv6, beginning with the family of the first address (RFC 8305 §4). The resolver has sorted the addresses
/// (RFC 6724), but one of the families may be unreachable as a whole.
fn interleaved(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return Vec::new() };
    let (same, other): (Vec<_>, Vec<_>) = addresses.iter().copied().partition(|address| address.is_ipv4() == first.is_ipv4());
    let mut order = Vec::with_capacity(addresses.len());
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    while order.len() < addresses.len() {
        order.extend(same.next());
        order.extend(other.next());
    }
    order
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn addresses_of_both_families_alternate() {
        let mixed = addresses(&["[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"]);
        let order = addresses(&["[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "192.0.2.2:1", "192.0.2.3:1"]);
        assert_eq!(interleaved(&mixed), order);
        assert_eq!(interleaved(&order[1..2]), &order[1..2]);
        assert!(interleaved(&[]).is_empty());
    }

    #[tokio::test]
    async fn the_next_address_is_tried_at_once_after_a_refused_connection() {
        let refusing = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };
        let good = TcpListener::bind("127.0.0.2:0").await.unwrap();
        let good = good.local_addr().map(|address| (good, address)).unwrap();
        let began = Instant::now();
        let (_, address) = connect(&[refusing, refusing, good.1], Duration::from_secs(60)).await.unwrap();
        assert_eq!(address, good.1);
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        let failed = connect(&[refusing], Duration::from_secs(60)).await.unwrap_err();
        assert_eq!(failed[0].1.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn the_number_of_tried_addresses_is_limited() {
        let refusing = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let many: Vec<_> = (1..=200)
            .map(|last| SocketAddr::new([127, 0, 6, last].into(), refusing.port()))
            .collect();
        assert_eq!(connect(&many, Duration::from_secs(60)).await.unwrap_err().len(), ADDRESSES_MAX);
    }

    #[tokio::test]
    async fn connecting_without_addresses_fails() {
        assert!(connect(&[], Duration::from_secs(1)).await.unwrap_err().is_empty());
    }
}
