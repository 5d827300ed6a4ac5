//! Our own runtime: the kernel that runs tasks, as coroutines or as OS threads, and the state of each primitive.
//!
//! A primitive here is the smallest state that decides who can go on. The foreign runtimes keep the same state beside
//! their own primitives, as a shadow, so that one rule of enabledness and one search for deadlocks serve all three.

pub(crate) mod barrier;
pub(crate) mod condvar;
mod coroutine;
pub(crate) mod futex;
pub(crate) mod kernel;
mod left_behind;
pub(crate) mod model;
pub(crate) mod mpsc;
pub(crate) mod mutex;
pub(crate) mod once;
mod os_thread;
pub(crate) mod rwlock;
pub(crate) mod semaphore;
mod stack;
pub(crate) mod stepping;
pub(crate) mod thread;
mod workers;
