//! Settings of the catalogue.

use crate::domain::named::named;

named! {
    /// A set of event types that comes with clearhook.
    Pack("pack") {
        /// Identities, access, visitors and credentials.
        Clearid = "clearid",
    }

    /// What happens to an event whose type is unknown.
    UnknownTypes("way to treat unknown event types") {
        /// It is refused.
        Reject = "reject",
        /// Its type is registered, without a schema.
        Accept = "accept",
    }
}

/// Settings of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrySettings {
    /// The packs whose event types belong to the catalogue (`CLEARHOOK_PACKS`).
    pub packs: Vec<Pack>,
    /// What happens to an event whose type is unknown (`CLEARHOOK_UNKNOWN_TYPES`).
    pub unknown: UnknownTypes,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            packs: vec![Pack::Clearid],
            unknown: UnknownTypes::Reject,
        }
    }
}
