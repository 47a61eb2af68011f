//! Name resolution inside the HTTP client: a name is refused when any of its addresses is not public, and the connection goes
//! to the very addresses that were looked at, so that a name cannot change its mind in between.

use std::{net::IpAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use crate::domain::url::UrlPolicy;

/// Resolves with the system's resolver and the operator's policy.
pub(super) struct GuardedResolver(pub(super) Arc<UrlPolicy>);

/// A name that cannot be called.
#[derive(Debug, Error)]
pub(super) enum ResolveError {
    /// It has no address.
    #[error("the name {name} has no address ({cause})")]
    NotFound { name: String, cause: String },
    /// One of its addresses is not public.
    #[error("{name} leads to {address}, which is not on the public internet; an operator can permit it with CLEARHOOK_ALLOWED_NETWORKS")]
    Blocked { name: String, address: IpAddr },
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0.clone();
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let not_found = |cause: String| ResolveError::NotFound { name: name.clone(), cause };
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|error| not_found(error.to_string()))?;
            let addresses: Vec<_> = found.collect();
            if addresses.is_empty() {
                return Err(not_found("no record".to_owned()).into());
            }
            if let Some(blocked) = addresses.iter().find(|address| !policy.allowed.permits(&name, address.ip())) {
                return Err(ResolveError::Blocked {
                    name,
                    address: blocked.ip(),
                }
                .into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
