//! JSON Schemas (draft 2020-12) of event data.

#![forbid(unsafe_code)]
