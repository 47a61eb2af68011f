//! JSON Schemas (draft 2020-12) of event data.

#![forbid(unsafe_code)]

mod admission;
pub mod archive;
pub mod compatibility;
pub mod envelope;
mod evaluate;
pub mod fields;
mod graph;
pub mod import;
pub mod infer;
mod keyword;
mod language;
mod number;
mod pattern;
mod pointer;
mod reference;
mod references;
mod scan;
mod schema;
mod text;
mod types;
pub mod typescript;
mod validate;

pub use scan::ambiguity;
pub use schema::{BYTES_MAX, DEPTH_MAX, DIALECT, EventSchema, SchemaError};
pub use validate::DataError;
