//! The page `/webhooks`: the list of webhooks.

pub mod list_fragment;
mod live_list;
pub mod set_enabled;

#[cfg(feature = "ssr")]
pub(super) mod bulk;
#[cfg(feature = "ssr")]
mod bulk_all;
#[cfg(feature = "ssr")]
pub(super) mod columns;
#[cfg(feature = "ssr")]
pub(super) mod cut_url;
#[cfg(feature = "ssr")]
pub(in crate::console) mod failing_badge;
#[cfg(feature = "ssr")]
mod list_filters;
#[cfg(feature = "ssr")]
pub(super) mod list_origin;
#[cfg(feature = "ssr")]
mod list_parts;
#[cfg(feature = "ssr")]
pub(super) mod load_list;
#[cfg(feature = "ssr")]
pub(super) mod load_sparkline;
#[cfg(feature = "ssr")]
pub(super) mod no_webhooks;
#[cfg(feature = "ssr")]
mod row_menu;
#[cfg(feature = "ssr")]
mod switched_notice;
#[cfg(feature = "ssr")]
pub(in crate::console) mod webhook_list;
#[cfg(feature = "ssr")]
mod webhook_row;
