//! The tests of the system, in one binary: behaviours as data, the ledgers' conformance, crashes, stress, bad input.
#![allow(missing_docs, reason = "a test's name is its documentation")]

mod bad_input;
mod cases;
mod conformance;
mod crash;
mod ledgers;
mod report;
mod stress;
