//! Numbers with a type of their own, printed as people write them.
//!
//! They are valid within one execution only. What survives from one execution to the next is the *path* of a task and
//! the *label* of an object, which are text.

use std::fmt;

/// A task of one execution: 0 is the closure under test (`main`), the others in the order of their creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// An object of one execution, in the order in which tasks first announced an operation on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

/// The position of an event in an execution, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepIdx(pub u32);

impl TaskId {
    /// The task that runs the closure under test.
    pub const MAIN: Self = Self(0);

    /// The place of this task in a table of tasks.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl ObjectId {
    /// No object: a yield, a choice, a fence.
    pub const NONE: Self = Self(u32::MAX);

    /// The place of this object in a table of objects.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether this names an object at all.
    pub const fn is_some(self) -> bool {
        self.0 != u32::MAX
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.0)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object {}", self.0)
    }
}

impl fmt::Display for StepIdx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}", self.0)
    }
}
