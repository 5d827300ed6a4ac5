//! Scenarios over the systems.

pub mod catalogue;
pub mod scenario;
