//! SCTBench: small programs with known bugs, on which schedulers are compared.
//!
//! Twenty-four are of the suite "CS" and two are larger sizes of these that later papers added; `boundedBuffer` is of the
//! suite "inspect". Sources: P. Thomson, A. F. Donaldson, A. Betts, *Concurrency Testing Using Schedule Bounding: an
//! Empirical Study*, PPoPP 2014, and the repository mc-imperial/sctbench on GitHub. Each is written anew from a
//! description in words; names and sizes are the benchmark's, so that figures can be laid side by side.
//!
//! How C became Rust:
//!
//! 1. As in the study, a step is an operation of synchronisation or an access that races. So what a lock guards lies in a
//!    `Mutex`, and its accesses are no steps.
//! 2. What is accessed without its lock, or has none, is a `SeqCst` atomic, and `x++` is a load and a store. It is no
//!    `Shared`: a monitor that calls two unordered accesses a data race would be right in nearly every execution, and say
//!    nothing about the bug. With `Relaxed` loom would find failures that no interleaving has.
//! 3. An atomic section is a critical section of a lock of its own.
//!
//! The revision `reported` has the bug. `fixed` is ours, where the description says what was meant and where all
//! behaviours of it can be run.

mod account;
mod arithmetic_prog;
mod bluetooth_driver;
mod bounded_buffer;
mod carter01;
mod circular_buffer;
mod deadlock01;
mod din_phil;
mod lazy01;
mod phase01;
mod queue;
mod reorder;
mod stack;
mod sync01;
mod threads;
mod token_ring;
mod twostage;
mod wronglock;

use crate::scenario::{Expectation, FailureKind, Scenario};

/// The system's name in the catalogue.
pub const SYSTEM: &str = "sctbench";

/// Every program, in the order of the benchmark's own list.
pub const SCENARIOS: &[Scenario] = &[
    account::SCENARIO,
    arithmetic_prog::SCENARIO,
    bluetooth_driver::SCENARIO,
    carter01::SCENARIO,
    circular_buffer::SCENARIO,
    deadlock01::SCENARIO,
    din_phil::TWO,
    din_phil::THREE,
    din_phil::FOUR,
    din_phil::FIVE,
    lazy01::SCENARIO,
    phase01::SCENARIO,
    queue::SCENARIO,
    reorder::OF_3,
    reorder::OF_4,
    reorder::OF_5,
    reorder::OF_10,
    reorder::OF_20,
    reorder::OF_100,
    stack::SCENARIO,
    sync01::SCENARIO,
    token_ring::SCENARIO,
    twostage::OF_2,
    twostage::OF_20,
    twostage::OF_100,
    wronglock::SCENARIO,
    bounded_buffer::SCENARIO,
];

/// The revision with the bug.
pub const REPORTED: &str = "reported";
/// The revision without it.
const FIXED: &str = "fixed";

const HOLDS: Expectation = Expectation::Holds;
const DEADLOCKS: Expectation = Expectation::Fails { kind: FailureKind::Deadlock, message: "" };

const fn fails(message: &'static str) -> Expectation {
    Expectation::Fails { kind: FailureKind::Panic, message }
}
