//! JSON Schemas (draft 2020-12) of event data.

#![forbid(unsafe_code)]

pub mod archive;
pub mod envelope;
pub mod fields;
pub mod import;
pub mod infer;
mod keyword;
mod pointer;
mod reference;
pub mod typescript;
