//! Tasks that run until the node stops.

pub(super) mod checkpoints;
pub(super) mod claim;
pub(super) mod committed_groups;
pub(super) mod delays;
pub(super) mod disk_space;
pub(super) mod lease_renewal;
pub(super) mod notifications;
pub(super) mod repairs;
pub(super) mod retention;
pub(super) mod supervisor;
pub(super) mod write_probe;
