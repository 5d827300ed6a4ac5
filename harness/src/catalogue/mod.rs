//! The catalogue.
pub mod vm_assignment;
