//! What every request can reach.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;

use crate::{
    auth::api_key::Keys,
    dispatch::Dispatcher,
    domain::{id::NodeId, url::UrlPolicy},
    storage::Store,
    webhooks::Live,
};

/// What every request can reach. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
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
    /// What leptos needs to render.
    pub leptos: LeptosOptions,
    /// Pages that follow a log.
    pub live: Arc<Live>,
    /// Whether cookies are for https only.
    pub secure_cookies: bool,
}

impl AppState {
    /// Puts the parts together.
    pub fn new(store: Store, policy: Arc<UrlPolicy>, dispatcher: Dispatcher, node: NodeId, secure_cookies: bool) -> Self {
        let leptos = LeptosOptions::builder().output_name("clearhook").build();
        Self {
            store,
            policy,
            dispatcher,
            node,
            leptos,
            secure_cookies,
            keys: Arc::default(),
            live: Arc::default(),
        }
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
