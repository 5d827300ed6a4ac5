//! One vocabulary for everything above the primitives: the *event*, one operation by one task on one object.
//!
//! A primitive *announces* its event before it acts and *reports* it after. Strategies, monitors, recorded traces, the
//! matcher and the timelines all speak of the types in this crate. It knows no runtime and no strategy: a trace can be
//! read, compared and drawn on a machine that cannot run it.

mod conflict;
mod ids;
mod object;
mod operation;

pub use conflict::{Access, conflict};
pub use ids::{ObjectId, StepIdx, TaskId};
pub use object::ObjectKind;
pub use operation::{MemoryOrder, Operation, Outcome};
