//! The suite on real threads: std itself in the plain build, and the model build with nothing exploring.

use crate::case::{Found, On, check_all};

#[test]
fn real_threads_stay_inside_the_expected_outcomes() {
    #[cfg(feature = "model")]
    let _alone = crate::explorer::alone();
    check_all(On::Os, Found::Some, crate::cases::run_on_threads);
}
