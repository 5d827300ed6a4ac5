//! std's synchronisation primitives by another name.
#[path = "plain.rs"]
mod imp;
pub use imp::*;
pub mod choice;
mod label;
mod shared;
pub use label::{Labelled, label};
pub use shared::Shared;
