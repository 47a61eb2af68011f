//! Forms and files of the pages under Administration.

pub(super) mod api_keys;
pub(super) mod audit;
pub(super) mod users;
