//! The clock of PostgreSQL, which decides between nodes whose own clocks differ.

/// SQL for the time of the database's clock, in milliseconds since 1970.
pub(super) const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
