//! The table at the end.

use bohrbug_plan::Outcome;
use comfy_table::{CellAlignment, Table, presets};

/// Every test that was looked at, and what came of it.
pub(crate) fn render(outcomes: &[Outcome]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["test", "verdict", "executions", "behaviours", "truncated", "time", "trace"]);
    for outcome in outcomes {
        table.add_row(row(outcome));
    }
    for column in 2..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| line.trim().to_owned() + "\n").collect::<String>();
    format!("{lines}\n{}\n{}", summary(outcomes), hints(outcomes))
}

fn row(outcome: &Outcome) -> [String; 7] {
    let verdict = match &outcome.failure {
        Some(failure) => format!("{}: {failure}", outcome.verdict),
        None => outcome.verdict.clone(),
    };
    let trace = outcome.trace.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let known = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let time = format!("{}.{:03} s", outcome.milliseconds / 1000, outcome.milliseconds % 1000);
    let executions = outcome.executions.to_string();
    [outcome.test.clone(), verdict, executions, known(outcome.behaviours), outcome.cut.to_string(), time, trace]
}

fn summary(outcomes: &[Outcome]) -> String {
    let count =
        |verdict: &str| outcomes.iter().filter(|outcome| outcome.verdict.split(',').next() == Some(verdict)).count();
    let words = ["verified", "passed", "sequential", "uncontrolled", "cut", "crashed", "ignored", "failed"];
    let counts: Vec<_> = words
        .iter()
        .map(|word| (word, count(word)))
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let tests = if outcomes.len() == 1 { "test" } else { "tests" };
    format!("{} {tests}: {}", outcomes.len(), counts.join(", "))
}

/// What somebody should know who takes the table for good news.
fn hints(outcomes: &[Outcome]) -> String {
    let single = outcomes.iter().filter(|outcome| outcome.verdict == "passed" && outcome.behaviours == Some(1));
    single
        .map(|outcome| {
            format!(
                "{}: it has threads, but only one behaviour was seen; is what they share controlled?\n",
                outcome.test
            )
        })
        .collect()
}
