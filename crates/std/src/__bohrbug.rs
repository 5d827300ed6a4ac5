//! What the expansion of `#[test]` names: nobody else's business.

use ::std::panic::Location;
use ::std::process::{ExitCode, Termination};
use ::std::sync::Arc;

pub use ::core::prelude::v1::test as libtest;

/// A test as its crate has it.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// Its path with its crate, as in `tally::tests::adds`.
    pub path: &'static str,
    /// Whether it has to panic.
    pub should_panic: bool,
    /// Where it is.
    pub site: &'static Location<'static>,
}

/// The body of a test, to be run any number of times.
pub type Body = Arc<dyn Fn() + Send + Sync>;

unsafe extern "Rust" {
    /// Does with the test what the process was started for. `bohrbug-explorer` defines it; it is a symbol and not a dependency,
    /// since the crates under test must not see what that one depends on.
    #[link_name = "__bohrbug_explore"]
    safe fn explore(test: Test, body: Body);
}

/// Runs a test, called from where it is.
///
/// # Panics
///
/// If it fails, as every test does.
#[track_caller]
pub fn run<T: Termination + 'static>(path: &'static str, should_panic: bool, body: fn() -> T) {
    let site = Location::caller();
    explore(Test { path, should_panic, site }, Arc::new(move || assert_success(body())));
}

/// A test that returns an error has failed; std prints the error.
#[track_caller]
fn assert_success(result: impl Termination) {
    let code = result.report();
    assert!(code == ExitCode::SUCCESS, "the test returned an error");
}
