//! Authentication and authorization.

pub mod account;
pub mod api_key;
pub mod clock;
pub mod email;
pub mod guess_limit;
pub mod login_throttle;
pub mod oidc;
pub mod password;
pub mod principal;
pub mod rules;
pub mod second_factor;
pub mod session;
pub mod setup;
pub mod sign_in;
pub mod token;
