//! The page `/`: the last 24 hours in numbers, and the webhooks that need attention.

mod load_overview;
mod overview_page;

pub(super) use self::load_overview::held;
pub(in crate::console) use self::overview_page::Overview;
