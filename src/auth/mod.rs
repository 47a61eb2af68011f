//! Who is calling, and what they may do.

pub mod api_key;
pub mod clock;
pub mod password;
pub mod principal;
pub mod routes;
pub mod rules;
pub mod session;
pub mod token;
