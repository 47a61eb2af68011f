//! The views of the pages under Administration.

pub mod audit;
pub mod keys;
pub mod users;
