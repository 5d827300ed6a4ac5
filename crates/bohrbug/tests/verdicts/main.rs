//! The table of verdicts in `docs/verdicts.md`: each line of it is a program here, and comes to what the line says.
//!
//! A program is one of a *family*, a file, and known by what the line calls it.

mod counts;
mod memory;
mod plain;
mod pointers;
mod readers;

use std::collections::BTreeSet;

use bohrbug::memory::Quarantine;
use bohrbug::{Exploration, Program, Report, Verdict};

// Without it, what becomes of freed memory could not be told. Programs that are to run without it switch the monitor off.
#[global_allocator]
static ALLOCATOR: Quarantine = Quarantine;

/// A program of the table.
struct Case {
    /// What the table calls it.
    name: &'static str,
    program: fn(),
}

const FAMILIES: [&[Case]; 5] = [plain::CASES, pointers::CASES, counts::CASES, readers::CASES, memory::CASES];

/// A line of the table.
#[derive(Debug)]
struct Line {
    name: String,
    strategy: String,
    /// The conclusion, or the kind of the failure.
    verdict: String,
    /// What the basis or the failure has to say.
    because: String,
}

fn table() -> Vec<Line> {
    let page = include_str!("../../../../docs/verdicts.md");
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells: Vec<String> = row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        let [name, strategy, verdict, because] =
            <[String; 4]>::try_from(cells).unwrap_or_else(|cells| panic!("{cells:?}"));
        Line { name, strategy: strategy.replace('`', ""), verdict: verdict.replace('*', ""), because }
    })
    .collect()
}

fn explore(strategy: &str, program: fn()) -> Report {
    let mut exploration = Exploration::new("verdicts", strategy);
    exploration.budget.executions = Some(1_000);
    exploration.config.step_bound = 200;
    exploration.run(&Program::new(program), |_| ()).unwrap()
}

/// What a line would say of the exploration.
fn told(report: &Report) -> (String, String) {
    match report.failure() {
        Some(failure) => (format!("{}: {}", report.verdict, failure.kind), failure.message.clone()),
        None => (report.conclusion(), report.basis()),
    }
}

#[test]
fn every_line_of_the_table_is_true() {
    let cases = || FAMILIES.into_iter().flatten();
    let mut wrong = Vec::new();
    for line in table() {
        let Some(case) = cases().find(|case| case.name == line.name) else {
            wrong.push(format!("{line:?}: there is no such program"));
            continue;
        };
        let (verdict, because) = told(&explore(&line.strategy, case.program));
        if verdict != line.verdict || !because.contains(&line.because) {
            wrong.push(format!("{line:?}: {verdict}, {because}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_program_is_a_line_of_the_table() {
    let lines: BTreeSet<String> = table().into_iter().map(|line| line.name).collect();
    let missing: Vec<_> = FAMILIES.into_iter().flatten().filter(|case| !lines.contains(case.name)).collect();
    let missing: Vec<&str> = missing.into_iter().map(|case| case.name).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
