//! The pages under Administration: keys, users, and who changed what.

pub(in crate::console) mod api_keys;
pub(in crate::console) mod audit_log;
pub(super) mod differences;
pub(in crate::console) mod new_api_key;
pub(in crate::console) mod new_user;
mod once;
mod search;
pub(in crate::console) mod user;
pub(in crate::console) mod users;
