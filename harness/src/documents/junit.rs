//! JUnit's XML, as CI services read it: a suite a system, a case a scenario and revision. What came out as expected passes.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::{name, told};
use crate::outcome::{Judgement, Outcome};

/// The outcomes, which are in the order of the catalogue.
///
/// # Errors
///
/// The XML cannot be written.
pub fn junit(outcomes: &[Outcome]) -> Result<String, SerializeError> {
    let mut report = Report::new("bohrbug hunt");
    for outcomes in outcomes.chunk_by(|a, b| a.pair.scenario.system == b.pair.scenario.system) {
        let Some(first) = outcomes.first() else { continue };
        let mut suite = TestSuite::new(first.pair.scenario.system);
        suite.add_test_cases(outcomes.iter().map(case));
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn case(outcome: &Outcome) -> TestCase {
    let mut case = TestCase::new(name(outcome), status(outcome));
    case.set_classname(outcome.pair.scenario.full_name()).set_time(outcome.elapsed);
    if let Some(trace) = outcome.find.as_ref().and_then(|find| find.path()) {
        case.set_system_out(format!("trace: {trace}"));
    }
    case
}

fn status(outcome: &Outcome) -> TestCaseStatus {
    let kind = match outcome.judgement() {
        Judgement::AsExpected => return TestCaseStatus::success(),
        Judgement::Fault | Judgement::BeyondTheRuntime => NonSuccessKind::Error,
        Judgement::UnexpectedFailure | Judgement::NotFound | Judgement::NotReproduced => NonSuccessKind::Failure,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(told(outcome)).set_type(outcome.judgement().to_string());
    status
}
