//! The words of a check that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bohrbug::Check;

/// What the check panics with.
pub(crate) fn panics_with(check: Check, run: impl Fn() + Send + Sync + 'static) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| check.run(run))).expect_err("it fails");
    payload.downcast_ref::<String>().expect("words").clone()
}
