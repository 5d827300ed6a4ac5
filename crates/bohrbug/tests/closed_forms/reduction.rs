//! `dpor` on the programs: every behaviour once, and nothing else.

use bohrbug::{Exploration, Program, Verdict};

use crate::programs::{ALL, ClosedForm};

/// How many behaviours a debug build has time for.
const PATIENCE: u64 = 1_000;

fn check(form: &ClosedForm) {
    let program = Program::new(form.program);
    // Some of them race on purpose.
    let off = vec!["data-race".to_owned(), "lock-order".to_owned()];
    let report = Exploration::new("closed_form", "dpor").off(off).run(&program, |_| ()).unwrap();
    assert_eq!(report.verdict, Verdict::Verified, "{}", form.name);
    assert_eq!((report.executions, report.cut_off), (form.behaviours, 0), "{}", form.name);
}

#[test]
fn dpor_runs_as_many_executions_as_there_are_behaviours() {
    ALL.iter().filter(|form| form.behaviours <= PATIENCE).for_each(check);
}
