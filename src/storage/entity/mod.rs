//! The sea-orm entities, one per table. They are private to `storage`.

pub(crate) mod api_key;
pub(crate) mod audit_entry;
pub(crate) mod callback;
pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod event_key;
pub(crate) mod event_type;
pub(crate) mod event_type_version;
pub(crate) mod identity;
pub(crate) mod master_key;
pub(crate) mod node;
pub(crate) mod recovery_code;
pub(crate) mod revision;
pub(crate) mod second_factor;
pub(crate) mod session;
pub(crate) mod setup_link;
pub(crate) mod sign_in_limit;
pub(crate) mod stats_total;
pub(crate) mod used_oidc_state;
pub(crate) mod user;
pub(crate) mod webhook;
pub(crate) mod webhook_event;
pub(crate) mod webhook_header;
pub(crate) mod webhook_owner;
pub(crate) mod webhook_secret;
pub(crate) mod webhook_stats;
