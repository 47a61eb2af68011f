//! Components that several pages use, one per file.

pub(super) mod badges;
pub(super) mod body;
pub(super) mod centered_page;
pub(super) mod chart;
pub(super) mod code;
pub(super) mod copy_button;
pub(super) mod field;
pub(super) mod form_page;
pub(super) mod heat;
pub(super) mod icon;
pub(super) mod inline_code;
pub(super) mod list_search;
pub(super) mod notice;
pub(super) mod one_time_secret;
pub(super) mod owners;
pub(super) mod pager;
pub(super) mod popup;
pub(super) mod preferences;
pub(super) mod query_form;
pub(super) mod replay_form;
pub(super) mod schema_tree;
pub(super) mod shortcuts;
pub(super) mod sort;
pub(super) mod sparkline;
pub(super) mod time;
pub(super) mod unseen;
