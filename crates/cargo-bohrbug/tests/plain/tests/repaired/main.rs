//! The tests of `racy`, each without its bug, and what looks like one and is none.

mod atomics;
mod harmless;
mod memory;
mod orders;
mod structures;
