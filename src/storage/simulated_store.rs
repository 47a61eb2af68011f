//! The store of a node of a simulation.

use std::sync::Arc;

use crate::{
    storage::{
        Store,
        connections::Connections,
        limit::TimeLimit,
        open::PATIENCE,
        postgres::ConnectionSuspect,
        simulated::{Link, SimulatedConnection, SimulatedServer},
    },
    vault::Vault,
};

impl Store {
    /// The store of a node that reaches the server through this network.
    pub fn simulated(server: &SimulatedServer, link: Arc<dyn Link>, vault: Vault) -> Self {
        let connections = Connections::Simulated(SimulatedConnection {
            server: server.clone(),
            link,
        });
        let suspect = ConnectionSuspect::default();
        let limit = TimeLimit::Server(PATIENCE / 3, suspect.clone());
        Self::of(connections.clone(), connections, limit, Arc::default(), suspect, None, vault)
    }
}
