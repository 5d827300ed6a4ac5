//! How soon each strategy finds each bug of a benchmark, and how that compares with what was published.
//!
//! A *cell* is a program under a strategy, explored once for each seed; a *trial* is one of these. What is counted are the
//! executions up to and including the first that fails as expected. [`cell`] measures, [`figure`] comes to numbers,
//! [`published`] has those of others, [`page`] puts them beside each other, [`conditions`] says where and when.

pub mod cell;
pub mod conditions;
pub mod figure;
pub mod page;
pub mod published;
