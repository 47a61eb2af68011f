//! The log of a webhook, which is a part of its page: the callbacks of a range, one callback with all details, and live updates.

pub mod followed_log;
pub mod fragment;
pub mod log_follower;
mod log_links;
pub mod log_search;
pub mod panel;
pub mod redeliver;
mod shown_log;
pub mod use_redirect;

#[cfg(feature = "ssr")]
pub mod body_download;
#[cfg(feature = "ssr")]
mod callback;
#[cfg(feature = "ssr")]
mod connection_view;
#[cfg(feature = "ssr")]
mod indent;
#[cfg(feature = "ssr")]
mod load_callback;
#[cfg(feature = "ssr")]
pub(super) mod load_chart;
#[cfg(feature = "ssr")]
pub mod load_log;
#[cfg(feature = "ssr")]
mod log_choices;
#[cfg(feature = "ssr")]
mod log_filters;
#[cfg(feature = "ssr")]
pub mod log_query;
#[cfg(feature = "ssr")]
mod log_rows;
#[cfg(feature = "ssr")]
mod log_urls;
#[cfg(feature = "ssr")]
pub(super) mod logs;
#[cfg(feature = "ssr")]
pub(super) mod masking;
#[cfg(feature = "ssr")]
pub mod range;
#[cfg(feature = "ssr")]
pub(super) mod verdict;
