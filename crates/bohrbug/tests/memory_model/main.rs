//! Weak memory on the native runtime: what is found under it, what holds, and that what was found happens again.

#[path = "../common/panics_with.rs"]
mod panics_with;

mod bugs;
mod choices;
mod communicating;
mod graphs;
mod outcomes;
mod peer;
mod shapes;
mod synchronising;
mod trackers;
