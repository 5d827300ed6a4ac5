//! Misuse of memory, by an allocator that keeps what an execution frees.
//!
//! Put [`Quarantine`] into a test binary, and the monitor `memory-misuse` finds in its executions:
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: bohrbug::memory::Quarantine = bohrbug::memory::Quarantine;
//! # fn main() {}
//! ```
//!
//! * a block that is freed twice: the second time does nothing, and is reported;
//! * a block that is written to after it was freed: it is filled with a pattern when it is freed, given back only at the
//!   execution's end, and looked at then;
//! * an atomic, a cell or a lock of `bohrbug_sync` that is used in a block that was freed: at once, and by name;
//! * a block that is never freed: if eight executions one after the other each leave one of that size, allocated after the
//!   same event, for longer than the next execution. Fewer say little, since what the runtime keeps for its own use grows
//!   now and then. What the program itself keeps outside of the closure is a leak to it, too.
//!
//! Each is told with the event that its task had last done when the block was allocated, and when it was freed.
//!
//! What it cannot see:
//!
//! 1. A *read* of what was freed, but for objects of `bohrbug_sync`. It reads the pattern, bytes of `0xDE`, which mostly leads to a panic or a wild pointer.
//! 2. Blocks that were allocated outside of executions, or that another OS thread frees; writes beyond the end of a block;
//!    memory that does not come from the global allocator.
//! 3. When a write after a free happened: only that it did, before the execution's end.
//! 4. A replay runs one execution, and so finds no leak again.
//!
//! As long as an execution lasts no memory is used twice, which also takes away the false alarms and the misses of the
//! monitor `data-race` that come from memory that is used again. An execution needs as much memory as it ever allocates.

mod misuse;
mod quarantine;

pub use quarantine::Quarantine;

pub(crate) use misuse::{Left, Misuse, Moment};
pub(crate) use quarantine::{
    Carried, aside, begin, end, freed_block, is_freed, is_installed, note, pack, stop, unpack,
};
