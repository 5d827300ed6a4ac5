//! The crate's model against an independent judge.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "sets that are compared and counted, and never shown in their order"
)]

mod explore;
mod generate;
mod litmus;
mod miri;
mod oracle;
mod program;
mod random;
mod waits;
mod walk;
