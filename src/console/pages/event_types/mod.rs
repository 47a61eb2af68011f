//! Event types: the list, the page of a type with its versions and downloads, the form, and the import. The list, the pages and the downloads
//! are also for readers who are not signed in, if the catalogue is public.

pub mod draft;
pub mod draft_check;
pub mod form;
pub mod report;

#[cfg(feature = "ssr")]
pub(in crate::console) mod addresses;
#[cfg(feature = "ssr")]
pub mod catalogue;
#[cfg(feature = "ssr")]
mod diff;
#[cfg(feature = "ssr")]
mod downloads;
#[cfg(feature = "ssr")]
mod entry_texts;
#[cfg(feature = "ssr")]
pub mod event_type;
#[cfg(feature = "ssr")]
pub mod form_page;
#[cfg(feature = "ssr")]
mod form_view;
#[cfg(feature = "ssr")]
pub mod import;
#[cfg(feature = "ssr")]
mod import_view;
#[cfg(feature = "ssr")]
mod load_catalogue;
#[cfg(feature = "ssr")]
mod load_draft;
#[cfg(feature = "ssr")]
mod load_event_type;
#[cfg(feature = "ssr")]
mod load_form;
#[cfg(feature = "ssr")]
mod load_import;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod save_action;
#[cfg(feature = "ssr")]
pub mod set_state;
#[cfg(feature = "ssr")]
mod state_badge;
#[cfg(feature = "ssr")]
pub mod versions;

#[cfg(feature = "ssr")]
pub use self::routes::routes;
