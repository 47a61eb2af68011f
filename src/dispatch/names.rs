//! Who looks names up: the system, unless a test's own name server does.

use std::{fmt, future::Future, io, net::IpAddr, pin::Pin, sync::Arc};

/// The addresses of a name, or why there are none.
type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks a name up: all its addresses, IPv4 and IPv6.
#[derive(Clone)]
pub struct Names(Arc<dyn Fn(String) -> Found + Send + Sync>);

impl Names {
    /// Looks names up with this.
    pub fn by<F>(look_up: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        Self(Arc::new(move |name| Box::pin(look_up(name))))
    }

    /// The addresses of a name.
    pub(super) fn look_up(&self, name: String) -> Found {
        (self.0)(name)
    }
}

impl Default for Names {
    /// The system's resolver.
    fn default() -> Self {
        Self::by(|name: String| async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names(…)")
    }
}
