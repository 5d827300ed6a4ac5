//! Memory models as data: what a load may read, where a store may go, and what then happens before what. No runtime, no
//! threads, no randomness: a caller that knows who acts next asks what is possible, decides, and says what it decided.
//!
//! [`Rc11`] is RC11 (Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing Sequential Consistency in C/C++11", PLDI 2017) with
//! C++20's release sequences, which are Rust's. It keeps the execution graph (program order, reads-from, modification
//! order) as it grows, so that each answer is exact: an offered choice always leads to a consistent graph, and every
//! consistent graph can be reached.
//!
//! ```
//! use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
//!
//! use bohrbug_memory::{Rc11, StoreIdx};
//!
//! let mut memory = Rc11::new();
//! let (data, flag) = (memory.add_location(), memory.add_location());
//! // Task 0 writes the data and raises the flag.
//! let written = memory.store(0, data, Relaxed, StoreIdx::INITIAL);
//! let raised = memory.store(0, flag, Release, StoreIdx::INITIAL);
//! // Task 1 may read either value of the data,
//! assert_eq!(memory.readable(1, data, Relaxed), [written, StoreIdx::INITIAL]);
//! // but the new one only once it has seen the flag.
//! memory.load(1, flag, Acquire, raised);
//! assert_eq!(memory.readable(1, data, Relaxed), [written]);
//! ```

mod clock;
pub mod graphs;
mod location;
mod rc11;
mod seq_cst;
mod task;

pub use clock::Clock;
pub use location::StoreIdx;
pub use rc11::{Access, LocationIdx, Rc11};
