//! Where a debugger stops: before any step of an execution whose tasks are OS threads.
//!
//! The function's name is not mangled, so that `break bohrbug_step` is enough. It does nothing. Its argument is the number of
//! the step in the trace, and it is called on the thread of the task whose step it is, with the call of the code under test
//! further up on the stack. Without full debug information the argument has no name: it is where the machine's C calling
//! convention has it, see [`number_of_step`].

/// The next step is `n`, from 0. A debugger can stop here.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn bohrbug_step(n: u64) {
    std::hint::black_box(n);
}

/// Calls [`bohrbug_step`].
pub(crate) fn next_step(n: u64) {
    bohrbug_step(n);
}

/// The number of the step at the beginning of [`bohrbug_step`], as gdb has it.
///
/// ```
/// let condition = format!("break *bohrbug_step if {} == 12", bohrbug::debugger::number_of_step());
/// assert!(condition.ends_with(" == 12"));
/// ```
pub const fn number_of_step() -> &'static str {
    if cfg!(all(target_arch = "x86_64", not(windows))) {
        "$rdi"
    } else if cfg!(target_arch = "aarch64") {
        "$x0"
    } else {
        "n"
    }
}
