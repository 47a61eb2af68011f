//! What every request can reach.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{api_key::Keys, clock::Clock, oidc::Provider},
    config::FrontSettings,
    dispatch::Dispatcher,
    domain::{id::NodeId, url::UrlPolicy},
    storage::Store,
    webhooks::Live,
};

/// What every request can reach. One pointer: each layer of the router clones it for each request.
#[derive(Clone)]
pub struct AppState(Arc<Service>);

/// The parts of the service.
pub struct Service {
    /// The database.
    pub store: Store,
    /// Where callbacks may go.
    pub policy: Arc<UrlPolicy>,
    /// Takes fresh deliveries.
    pub dispatcher: Dispatcher,
    /// This process.
    pub node: NodeId,
    /// What API keys may do, as far as it is known.
    pub keys: Arc<Keys>,
    /// The OpenID provider that people may sign in with.
    pub oidc: Option<Arc<Provider>>,
    /// What time it is for sign-in and sessions.
    pub clock: Clock,
    /// What leptos needs to render.
    pub leptos: LeptosOptions,
    /// How people reach the console.
    pub front: Arc<FrontSettings>,
    /// Cancelled when the service is about to stop: `/readyz` fails, requests are still served.
    pub draining: CancellationToken,
    /// Pages that follow a log.
    pub live: Arc<Live>,
}

impl AppState {
    /// Puts the parts together.
    pub fn new(store: Store, policy: Arc<UrlPolicy>, dispatcher: Dispatcher, node: NodeId, front: FrontSettings, clock: Clock) -> Self {
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
            clock,
            draining: CancellationToken::new(),
            live: Arc::default(),
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
