//! The pages `/webhooks/new` and `/webhooks/{id}`: the form of a webhook, and what can be done with it. Its log is in `console::pages::log`.

pub mod event_picker;
pub mod generate_secret;
pub mod health_fragment;
pub mod live_health;
pub mod save;
pub mod test_event;

#[cfg(feature = "ssr")]
pub(in crate::console) mod details;
#[cfg(feature = "ssr")]
mod event_choice;
#[cfg(feature = "ssr")]
mod event_downloads;
#[cfg(feature = "ssr")]
mod form_conversion;
#[cfg(feature = "ssr")]
mod fresh_secret;
#[cfg(feature = "ssr")]
mod health;
#[cfg(feature = "ssr")]
mod load_form;
#[cfg(feature = "ssr")]
mod load_health;
#[cfg(feature = "ssr")]
pub(in crate::console) mod new_webhook;
#[cfg(feature = "ssr")]
mod read_only;
#[cfg(feature = "ssr")]
mod save_action;
#[cfg(feature = "ssr")]
mod section;
#[cfg(feature = "ssr")]
mod summaries;
#[cfg(feature = "ssr")]
mod webhook_actions;
#[cfg(feature = "ssr")]
mod webhook_events;
#[cfg(feature = "ssr")]
mod webhook_form;
