//! The data-race monitor agrees with an independent oracle: on random small programs, in every execution that brute force
//! has, it finds the first race if there is one, and nothing if there is none.
//!
//! The oracle (`oracle.rs`) lists the edges of happens-before pair by pair and takes their closure; it has no clock and
//! shares no code with the monitor. `cargo test` compares 250 programs. For a longer run:
//!
//! ```text
//! BOHRBUG_TEST_PROGRAMS=5000 cargo test --release -p bohrbug --test races -- --nocapture
//! ```

mod compare;
mod interpret;
mod oracle;
mod program;
