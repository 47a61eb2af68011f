//! The page `/`: the last 24 hours in numbers, and the webhooks that need attention.

pub mod live_overview;
pub mod overview_fragment;

#[cfg(feature = "ssr")]
mod checklist;
#[cfg(feature = "ssr")]
mod flows;
#[cfg(feature = "ssr")]
mod load_overview;
#[cfg(feature = "ssr")]
mod overview_page;
#[cfg(feature = "ssr")]
mod rankings;
#[cfg(feature = "ssr")]
mod types_chart;

#[cfg(feature = "ssr")]
pub(super) use self::load_overview::held;
#[cfg(feature = "ssr")]
pub(in crate::console) use self::overview_page::Overview;
