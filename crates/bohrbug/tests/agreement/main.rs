//! The runtimes agree: on random small programs brute force finds the same final states on native and on shuttle, `dpor`
//! finds them all, and what random walks find, and what loom finds, is among them.
//!
//! `cargo test` compares 500 programs. For a longer run:
//!
//! ```text
//! BOHRBUG_TEST_PROGRAMS=20000 BOHRBUG_TEST_SEED=7 cargo test --release -p bohrbug --test agreement -- --nocapture
//! ```

mod agree;
mod behaviours;
mod cases;
mod channel;
mod closed_forms;
mod collect;
mod conditional;
mod interpret;
mod loops;
mod oracle;
mod program;
mod reduction;
#[path = "../common/unwatched.rs"]
mod unwatched;
mod values;
