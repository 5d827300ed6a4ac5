//! Each monitor fires on what it is for, and does not on correct code.

mod data_race;

use bohrbug::{Exploration, Program, Report};

/// What an exploration of a program comes to: the kind of its failure, or the name of another verdict.
fn kind_of(report: &Report) -> &'static str {
    report.failure.as_ref().map_or_else(|| report.verdict.name(), |failure| failure.kind)
}

/// Explores a program by a strategy, a few hundred executions at most.
fn explore(strategy: &str, program: fn()) -> Report {
    let mut exploration = Exploration::new("monitors", strategy);
    exploration.budget.executions = Some(400);
    exploration.run(&Program::new(program), |_| ()).unwrap()
}
