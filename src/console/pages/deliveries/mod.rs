//! Deliveries of a webhook that wait, are held, or have failed. They are parts of the page of the webhook: a list in place of the log, the dialog
//! "Send again…", and notices with buttons.

pub mod actions;

#[cfg(feature = "ssr")]
pub(in crate::console::pages) mod delivery_table;
#[cfg(feature = "ssr")]
pub(in crate::console::pages) mod discard_forms;
#[cfg(feature = "ssr")]
mod forms;
#[cfg(feature = "ssr")]
pub(in crate::console::pages) mod load_deliveries;
#[cfg(feature = "ssr")]
pub(in crate::console::pages) mod pause_words;
#[cfg(feature = "ssr")]
pub(in crate::console::pages) mod progress;
#[cfg(feature = "ssr")]
pub(in crate::console::pages) mod send_again;
#[cfg(feature = "ssr")]
pub(in crate::console::pages) mod spans;
