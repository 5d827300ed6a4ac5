//! The table at the end of a hunt.

use comfy_table::{CellAlignment, Table};

use super::console::coloured;
use crate::numbers::grouped;
use crate::outcome::{Judgement, Outcome};

/// Every outcome, a row each; what was not expected stands out where colours are seen.
pub(super) fn table(outcomes: &[Outcome]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["scenario", "revision", "strategy", "verdict", "executions", "time", "outcome", "trace"]);
    for outcome in outcomes {
        table.add_row(row(outcome));
    }
    for column in [4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| line.trim().to_owned());
    // A row is a line, since nothing limits the width: the lines after the heading are the outcomes in their order.
    let judged = std::iter::once(None).chain(outcomes.iter().map(|outcome| Some(outcome.judgement())));
    let painted = lines.zip(judged.chain(std::iter::repeat(None))).map(|(line, judgement)| match judgement {
        Some(Judgement::AsExpected) | None => line,
        Some(_) => coloured(&line, false),
    });
    painted.collect::<Vec<_>>().join("\n")
}

fn row(outcome: &Outcome) -> [String; 8] {
    let verdict = match (&outcome.fault, &outcome.find) {
        (Some(_), _) => "none".to_owned(),
        (None, Some(find)) => format!("{}: {}", outcome.verdict, find.failure.kind),
        (None, None) => outcome.verdict.excepting(&outcome.excepted),
    };
    [
        outcome.pair.scenario.full_name(),
        outcome.pair.revision.to_owned(),
        outcome.strategy.clone(),
        verdict,
        grouped(outcome.executions),
        format!("{:.2} s", outcome.elapsed.as_secs_f64()),
        outcome.judgement().to_string(),
        outcome.find.as_ref().and_then(|find| find.path()).unwrap_or_default(),
    ]
}
