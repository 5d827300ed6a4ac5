//! The crate's model against an independent judge.

mod generate;
mod litmus;
mod miri;
mod oracle;
mod program;
mod random;
mod walk;
