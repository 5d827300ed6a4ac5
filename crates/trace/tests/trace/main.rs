//! The trace as a file, as text and as a drawing, seen from outside the crate.

mod bad_input;
mod documentation;
mod explanations;
mod round_trip;
mod sample;
mod saving;
mod timelines;
