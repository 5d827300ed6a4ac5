//! The stacks of tasks, each begun at another offset within its page.
//!
//! A cache keeps addresses that are alike in their lower bits in the same few places. The stacks of all tasks that wait
//! end at about the same depth, so if all began at the end of a page, the tops of some tens of them would push each other
//! out of the first-level cache at every switch.

use std::io;

use corosensei::stack::{DefaultStack, Stack, StackPointer};

/// Stacks begin at so many different offsets, so many bytes apart: a page altogether.
const OFFSETS: usize = 32;
const APART: usize = 128;

/// The stack of one task.
pub(super) struct OffsetStack {
    whole: DefaultStack,
    offset: usize,
}

impl OffsetStack {
    /// The stack of the worker of that number, with room for `size` bytes.
    ///
    /// # Errors
    ///
    /// If the system has no memory to give.
    pub(super) fn new(size: usize, number: usize) -> io::Result<Self> {
        let offset = number % OFFSETS * APART;
        Ok(Self { whole: DefaultStack::new(size + offset)?, offset })
    }
}

// SAFETY: the bounds are those of a stack with a guard page, and the base is lower by what it has been made larger, a
// multiple of the alignment.
unsafe impl Stack for OffsetStack {
    fn base(&self) -> StackPointer {
        let base = self.whole.base().get() - self.offset;
        StackPointer::new(base).unwrap_or_else(|| unreachable!("a stack at the begin of memory"))
    }

    fn limit(&self) -> StackPointer {
        self.whole.limit()
    }

    #[cfg(windows)]
    fn teb_fields(&self) -> corosensei::stack::StackTebFields {
        self.whole.teb_fields()
    }

    #[cfg(windows)]
    fn update_teb_fields(&mut self, stack_limit: usize, guaranteed_stack_bytes: usize) {
        self.whole.update_teb_fields(stack_limit, guaranteed_stack_bytes);
    }
}
