//! The page `/webhooks`: the list of webhooks.

pub mod set_enabled;

#[cfg(feature = "ssr")]
pub(super) mod load_list;
#[cfg(feature = "ssr")]
pub(super) mod load_sparkline;
#[cfg(feature = "ssr")]
pub(super) mod no_webhooks;
#[cfg(feature = "ssr")]
pub(in crate::console) mod webhook_list;
#[cfg(feature = "ssr")]
mod webhook_row;
