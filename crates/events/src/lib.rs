//! The words for what happens in an execution: operations, objects, tasks, and which events conflict.
//!
//! `bohrbug-trace` exports all of it again and is where to read on. It is a crate of its own since the primitives need the
//! words and not the trace format: this one has no dependencies, so that a crate under test never sees more than it asked for.

mod conflict;
mod ids;
mod object;
mod operation;
mod setting;

pub use conflict::{Access, conflict, is_exclusive};
pub use ids::{ObjectId, StepIdx, TaskId};
pub use object::ObjectKind;
pub use operation::{MemoryOrder, Operation, Outcome};
pub use setting::{Carrier, MemoryModel, Runtime};
