//! Each monitor fires on what it is for, and does not on correct code.

mod data_race;
mod history;
mod leaked_threads;
mod lock_order;
mod waiting;

use bohrbug::{Exploration, Program, Report};

/// What an exploration of a program comes to: the kind of its failure, or the name of another verdict.
fn kind_of(report: &Report) -> &'static str {
    report.failure().map_or_else(|| report.verdict.name(), |failure| failure.kind.name())
}

/// Explores a program by a strategy, a few hundred executions at most.
fn explore(strategy: &str, program: fn()) -> Report {
    let mut exploration = Exploration::new("monitors", strategy);
    exploration.budget.executions = Some(400);
    exploration.run(&Program::new(program), |_| ()).unwrap()
}

/// A program, and what exploring it comes to: the kind of its failure, or the name of another verdict.
struct Case {
    name: &'static str,
    comes_to: &'static str,
    program: fn(),
}

/// Explores each program by brute force, with few steps in an execution, and with those monitors on that are off by
/// themselves.
fn check(cases: &[Case], on: &[&str]) {
    let mut wrong = Vec::new();
    for case in cases {
        let mut exploration = Exploration::new("monitors", "dfs");
        exploration.on = on.iter().map(|&name| name.to_owned()).collect();
        exploration.config.step_bound = 200;
        exploration.budget.executions = Some(3_000);
        let report = exploration.run(&Program::new(case.program), |_| ()).unwrap();
        if kind_of(&report) != case.comes_to {
            wrong.push(format!("{}: {} {:?}", case.name, kind_of(&report), report.failure()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
