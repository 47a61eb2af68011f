//! DNS lookups. Uses the system's resolver; tests replace it.

use std::{fmt, future::Future, io, net::IpAddr, pin::Pin, sync::Arc};

/// The addresses of a name, or the error of the lookup.
type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// A DNS resolver. Returns all IPv4 and IPv6 addresses of a name.
#[derive(Clone)]
pub struct DnsResolver(Arc<dyn Fn(String) -> Lookup + Send + Sync>);

impl DnsResolver {
    /// Creates a resolver from a function.
    pub fn from_fn<F>(look_up: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        Self(Arc::new(move |name| Box::pin(look_up(name))))
    }

    /// Looks up the addresses of a name.
    pub(super) fn look_up(&self, name: String) -> Lookup {
        (self.0)(name)
    }
}

impl Default for DnsResolver {
    /// The system's resolver.
    fn default() -> Self {
        Self::from_fn(|name: String| async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

impl fmt::Debug for DnsResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DnsResolver(…)")
    }
}
