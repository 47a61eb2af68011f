//! All open connections of a listener, and the choice of which one is closed for a new one.

use std::{
    cmp::Reverse,
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::time::Instant;

use crate::{
    activity::{Activity, client_group},
    proxies::TrustedProxies,
};

/// All open connections.
#[derive(Default)]
pub(super) struct OpenConnections(Mutex<All>);

#[derive(Default)]
struct All {
    connections: Vec<Arc<Activity>>,
    /// Number of connections by client address. Trusted proxies are not counted, because each serves many clients.
    by_address: HashMap<IpAddr, Arc<AtomicUsize>>,
}

/// An open connection in the list. It is removed on drop.
pub(super) struct OpenConnection {
    open: Arc<OpenConnections>,
    address: Option<IpAddr>,
    pub(super) activity: Arc<Activity>,
}

impl OpenConnections {
    pub(super) fn add(self: &Arc<Self>, peer: SocketAddr, proxies: &TrustedProxies, now: Instant) -> OpenConnection {
        let address = Some(client_group(peer.ip())).filter(|_| !proxies.has(peer.ip()));
        let mut all = self.all();
        let same_address = address.map_or_else(Arc::default, |address| all.by_address.entry(address).or_default().clone());
        same_address.fetch_add(1, Ordering::Relaxed);
        let activity = Arc::new(Activity::new(same_address, now));
        all.connections.push(activity.clone());
        OpenConnection {
            open: self.clone(),
            address,
            activity,
        }
    }

    /// Closes one connection that waits for its client: among those of the address with the most connections, the one that has waited
    /// longest. Connections with a request that the server works on are kept, and so are new ones, whose request may still be in the
    /// socket.
    pub(super) fn evict_one(&self) {
        let all = self.all();
        let waiting = all
            .connections
            .iter()
            .filter_map(|activity| Some((activity.waits_for_client_since()?, activity)));
        if let Some((_, evicted)) = waiting.min_by_key(|(since, activity)| (Reverse(activity.same_address()), *since)) {
            evicted.end();
        }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut all = self.open.all();
        if let Some(at) = all.connections.iter().position(|other| Arc::ptr_eq(other, &self.activity)) {
            all.connections.swap_remove(at);
        }
        if let Some(address) = self.address
            && let Some(count) = all.by_address.get(&address)
            && count.fetch_sub(1, Ordering::Relaxed) == 1
        {
            all.by_address.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn peer(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().unwrap(), 1)
    }

    #[test]
    fn the_address_with_the_most_connections_makes_room_unless_it_is_a_trusted_proxy() {
        let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
        let open = Arc::new(OpenConnections::default());
        let now = Instant::now();
        let before = now.checked_sub(Duration::from_secs(2)).unwrap();
        let add = |address| open.add(peer(address), &proxies, before);
        let (single, proxied) = (add("192.0.2.1"), [add("10.0.0.1"), add("10.0.0.1"), add("10.0.0.1")]);
        let (first, second) = (add("192.0.2.2"), add("192.0.2.2"));
        let working = second.activity.begin();
        let new = [(); 3].map(|()| open.add(peer("192.0.2.3"), &proxies, now));
        let is_ended = |connection: &OpenConnection| connection.activity.evicted();
        open.evict_one();
        assert!(is_ended(&first) && !is_ended(&single) && !proxied.iter().any(is_ended));
        assert_eq!(new.iter().filter(|connection| connection.activity.evicted()).count(), 0);
        open.evict_one();
        assert!(is_ended(&single), "the server works for the other one of the address with two");
        drop(working);
        open.evict_one();
        assert!(is_ended(&second));
    }
}
