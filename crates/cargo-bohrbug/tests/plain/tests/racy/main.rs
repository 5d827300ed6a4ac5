//! Each test has a bug on plain memory.

mod atomics;
mod memory;
mod orders;
mod structures;
