//! JSON Schemas (draft 2020-12) of event data.

#![forbid(unsafe_code)]

mod admission;
pub mod compatibility;
mod evaluate;
mod graph;
mod language;
mod number;
mod pattern;
mod references;
mod scan;
mod schema;
mod text;
mod types;
mod validate;

pub use schema::{BYTES_MAX, DEPTH_MAX, DIALECT, EventSchema, SchemaError};
pub use validate::DataError;
