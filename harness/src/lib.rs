//! Scenarios over the systems, and the program `bohrbug` that hunts in them.
//!
//! [`catalogue`] is what there is to run and what is expected of it, each a [`scenario`]; [`cli`] is the program. Between
//! the two: [`select`] turns names into pairs of a scenario and a revision, [`plan`] says how a pair is explored, [`hunt`]
//! does that and comes to an [`outcome`], [`workers`] does it for many at a time. [`store`] keeps the traces of what was
//! found, [`recorded`] begins with one of them, and [`pages`] has them in the documentation; [`mod@bench`] measures how soon
//! each strategy finds what is expected. [`campaign`] divides a hunt among machines. [`ended`] is for what ends the process of a
//! hunt; [`documents`] has outcomes for other tools, and [`mcp`] serves agents.
//! `docs/command-line.md` is the manual.

pub mod bench;
pub mod campaign;
pub mod catalogue;
pub mod cli;
mod complete;
pub mod documents;
pub mod ended;
pub mod exit;
pub mod hunt;
pub mod mcp;
pub mod numbers;
pub mod outcome;
pub mod pages;
pub mod plan;
pub mod recorded;
pub mod scenario;
pub mod select;
pub mod store;
pub mod workers;
