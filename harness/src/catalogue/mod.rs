//! The scenarios, a folder a system.

pub mod replica_manager;
