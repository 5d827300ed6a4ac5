//! The locks and what waits, on all three controlled runtimes: which outcomes a program can have, which deadlocks are
//! found, and that an execution that stops in the middle of a wait, or whose driver panics, leaves nothing behind;
//! and when a driver is asked.

mod harness;

mod barrier;
mod condvar;
mod forced_steps;
mod in_turn;
mod once;
mod panicking_driver;
mod random;
mod rwlock;
mod stopping;
