//! What administrators look after besides webhooks, the same for the console and the command line: keys, users, and who changed what.

pub mod api_keys;
pub mod audit;
pub mod users;
