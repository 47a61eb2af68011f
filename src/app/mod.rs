//! The application state that every request handler can access.

pub mod broker_status;
pub mod log_subscriptions;

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use axum::extract::FromRef;
use http_server::certificates::Certificates;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::{
    app::{broker_status::Brokers, log_subscriptions::LogSubscriptions},
    auth::{api_key::Keys, clock::Clock, guess_limit::GuessLimit, oidc::Provider},
    config::FrontSettings,
    delivery::Dispatcher,
    domain::{id::NodeId, url::UrlPolicy},
    registry::Registry,
    storage::Store,
};

/// The application state that every request handler can access. It is a single `Arc`, because each layer of the router clones it per
/// request.
#[derive(Clone)]
pub struct AppState(Arc<Service>);

/// The parts of the service.
pub struct Service {
    /// The database.
    pub store: Store,
    /// The URLs to which callbacks may be sent.
    pub policy: Arc<UrlPolicy>,
    /// Accepts new deliveries.
    pub dispatcher: Dispatcher,
    /// The id of this node.
    pub node: NodeId,
    /// The cache of API keys.
    pub keys: Arc<Keys>,
    /// The event types of this installation.
    pub event_types: Arc<Registry>,
    /// The OpenID provider for single sign-on, if one is configured.
    pub oidc: Option<Arc<Provider>>,
    /// The clock for sign-in and sessions.
    pub clock: Clock,
    /// The options for rendering with Leptos.
    pub leptos: LeptosOptions,
    /// Public URL, trusted proxies and OpenID provider.
    pub front: Arc<FrontSettings>,
    /// Cancelled when the service is about to stop: from then on `/readyz` fails, but requests are still served.
    pub draining: CancellationToken,
    /// Subscriptions of console pages that follow a log.
    pub log_subscriptions: Arc<LogSubscriptions>,
    /// Wrong guesses of the secrets of webhooks.
    pub guesses: GuessLimit,
    /// The brokers from which events are consumed.
    pub brokers: Brokers,
    /// The TLS certificate, if the service listens with TLS. Set once at the start.
    pub certificates: OnceLock<Arc<Certificates>>,
}

impl AppState {
    /// Creates the state.
    pub fn new(
        store: Store,
        policy: Arc<UrlPolicy>,
        dispatcher: Dispatcher,
        node: NodeId,
        front: FrontSettings,
        clock: Clock,
        event_types: Arc<Registry>,
    ) -> Self {
        let leptos = LeptosOptions::builder().output_name("clearhook").build();
        Self(Arc::new(Service {
            store,
            policy,
            dispatcher,
            node,
            leptos,
            oidc: front.oidc.clone().map(|oidc| Arc::new(Provider::new(oidc, &front.public_url))),
            front: Arc::new(front),
            keys: Arc::default(),
            event_types,
            clock,
            draining: CancellationToken::new(),
            log_subscriptions: Arc::default(),
            guesses: GuessLimit::default(),
            brokers: Brokers::default(),
            certificates: OnceLock::new(),
        }))
    }
}

impl Deref for AppState {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
