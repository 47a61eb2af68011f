//! Pieces that pages share, one a file.

pub(super) mod alone;
pub(super) mod bars;
pub(super) mod body;
pub(super) mod chart;
pub(super) mod code;
pub(super) mod field;
pub(super) mod form_page;
pub(super) mod icon;
pub(super) mod notice;
pub(super) mod owners;
pub(super) mod pager;
pub(super) mod preferences;
pub(super) mod schema_tree;
pub(super) mod sort;
pub(super) mod state;
pub(super) mod ticks;
pub(super) mod time;
pub(super) mod typed;
pub(super) mod unseen;
