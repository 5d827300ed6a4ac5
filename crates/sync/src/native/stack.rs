//! The stacks of tasks, each begun at another offset within its page.
//!
//! A cache keeps addresses that are alike in their lower bits in the same few places. The stacks of all tasks that wait
//! end at about the same depth, so if all began at the end of a page, the tops of some tens of them would push each other
//! out of the first-level cache at every switch.
//!
//! A process of one test may have them at the same addresses in every execution ([`place_stacks`](crate::control::place_stacks)).

use std::io;

use corosensei::stack::{DefaultStack, Stack, StackPointer};

use crate::control::{StackMemory, stack_memory};

/// Stacks begin at so many different offsets, so many bytes apart: a page altogether.
const OFFSETS: usize = 32;
const APART: usize = 128;

/// The stack of one task.
pub(super) struct OffsetStack {
    whole: Whole,
    offset: usize,
}

enum Whole {
    /// Where the system wanted it.
    Mapped(DefaultStack),
    /// Where somebody else did.
    Placed(StackMemory),
}

impl OffsetStack {
    /// The stack of the worker of that number, with room for `size` bytes, in the executions of that place.
    ///
    /// # Errors
    ///
    /// If the system has no memory to give.
    pub(super) fn new(size: usize, place: usize, number: usize) -> io::Result<Self> {
        let offset = number % OFFSETS * APART;
        let whole = match stack_memory(place, number, size + offset) {
            Some(memory) => Whole::Placed(memory),
            None => Whole::Mapped(DefaultStack::new(size + offset)?),
        };
        Ok(Self { whole, offset })
    }

    /// Whether another task's stack may be in the same memory, once nobody runs on this one any more.
    pub(super) const fn is_placed(&self) -> bool {
        matches!(self.whole, Whole::Placed(_))
    }
}

// SAFETY: the bounds are those of a stack with a guard page (of a placed one: `place_stacks` wants that of its caller), and the base is lower by what it has been made larger, a
// multiple of the alignment.
unsafe impl Stack for OffsetStack {
    fn base(&self) -> StackPointer {
        let base = match &self.whole {
            Whole::Mapped(whole) => whole.base(),
            Whole::Placed(memory) => memory.base,
        };
        StackPointer::new(base.get() - self.offset).unwrap_or_else(|| unreachable!("a stack at the begin of memory"))
    }

    fn limit(&self) -> StackPointer {
        match &self.whole {
            Whole::Mapped(whole) => whole.limit(),
            Whole::Placed(memory) => memory.limit,
        }
    }

    #[cfg(windows)]
    fn teb_fields(&self) -> corosensei::stack::StackTebFields {
        match &self.whole {
            Whole::Mapped(whole) => whole.teb_fields(),
            Whole::Placed(_) => unreachable!("nobody places stacks on Windows"),
        }
    }

    #[cfg(windows)]
    fn update_teb_fields(&mut self, stack_limit: usize, guaranteed_stack_bytes: usize) {
        if let Whole::Mapped(whole) = &mut self.whole {
            whole.update_teb_fields(stack_limit, guaranteed_stack_bytes);
        }
    }
}
