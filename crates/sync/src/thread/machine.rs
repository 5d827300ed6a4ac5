//! The machine that an execution seems to run on.

use std::io;
use std::num::NonZero;

use crate::ambient::ambient;

/// How many threads can run at once in an execution, on every machine: a pool that is as large as the machine would be another
/// program on each, and two workers are enough for most of what can go wrong between them.
const IN_AN_EXECUTION: NonZero<usize> = NonZero::new(2).unwrap();

/// About how many threads can run at once; two in an execution.
///
/// # Errors
///
/// If the operating system does not say, outside executions.
pub fn available_parallelism() -> io::Result<NonZero<usize>> {
    match ambient() {
        None => std::thread::available_parallelism(),
        Some(_) => Ok(IN_AN_EXECUTION),
    }
}
