//! The report's third advice: a consistency check after the operation.
//!
//! It changes nothing about what is done, only what is said: a half-done assignment is reported as one, with the records
//! that disagree, so that an administrator knows what to repair.

use crate::assign::plan::Plan;
use crate::assign::request::Request;
use crate::audit;
use crate::error::{Error, ErrorKind};
use crate::op::Op;

use super::reported;

pub(in crate::assign) fn run(op: &mut Op<'_>, request: &Request) -> Result<Plan, Error> {
    let outcome = reported::run(op, request);
    op.step("assign.verify")?;
    let findings = audit::of_machine(&op.ledger.snapshot()?, &request.vm)?;
    if findings.is_empty() {
        return outcome;
    }
    let cause = outcome.err().map(|error| format!("{error}; ")).unwrap_or_default();
    let found: Vec<String> = findings.iter().map(ToString::to_string).collect();
    Err(Error::new(ErrorKind::HalfDone, "verify", format!("{cause}half done: {}", found.join("; "))))
}
