//! Scratch root of this branch.
pub mod catalogue;
pub mod scenario;
