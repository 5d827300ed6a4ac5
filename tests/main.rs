//! Tests of the whole: what the program says and how it ends, what committed traces do, what the docs show.

mod assigning;
mod assignment_cases;
mod bad_input;
mod benching;
mod browser;
mod campaigns;
mod committed;
#[cfg(unix)]
mod debugger;
mod documentation;
mod documents;
mod edits;
mod ending;
mod explaining;
mod hunting;
mod listing;
mod minimal;
mod outcomes;
mod pages;
mod pairs;
mod program;
mod real_threads;
mod replaying;
mod reported_bug;
mod sctbench;
mod serving;
mod sharded_tests;
mod smallest;
