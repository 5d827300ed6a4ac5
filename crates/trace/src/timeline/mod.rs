//! A trace as text that people read: a row a step, a column a task.
//!
//! What it cannot do: characters that a terminal draws two columns wide shift what is right of them, since the width of a
//! text is taken to be its number of characters.

mod draw;
mod labels;
mod last;
mod rows;
mod sites;

pub use last::last_events;

use bohrbug_sorted::SortedMap;

use crate::Trace;
use draw::Line;
pub(crate) use labels::{Labels, one_line};
use rows::Row;
pub(crate) use sites::Sites;

/// How a timeline is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineOptions {
    /// How many characters a row may have: the width of the terminal. 120 unless told. The lines above and below the rows
    /// are left to the terminal to wrap.
    pub width: usize,
    /// Draw stretches of at least so many quiet steps as one row: steps of one task, one after the other, on objects that
    /// no other task touches. `None`, the default, draws every step.
    pub fold: Option<usize>,
}

impl Default for TimelineOptions {
    fn default() -> Self {
        Self { width: 120, fold: None }
    }
}

/// Draws a trace: one column a task, one row a step, the place in the code at the right.
///
/// A bar runs down a task's column from its first step to its end, or to the bottom when it never came to its end. With
/// more tasks than the width has room for, the rows are drawn as a list.
///
/// ```
/// use bohrbug_trace::{Header, Operation, Runtime, TimelineOptions, Trace, TraceEvent, timeline};
///
/// let mut trace = Trace::new(Header::new("shop/two-buyers", Runtime::Native, "random"));
/// trace.events.push(TraceEvent::new("main", Operation::Spawn, "src/shop.rs:8:5").on("thread main/buyer"));
/// trace.events.push(TraceEvent::new("main/buyer", Operation::Lock, "src/shop.rs:20:9").on("stock"));
/// let drawn = timeline(&trace, TimelineOptions::default());
/// assert!(drawn.contains("   1  │                 lock stock  shop.rs:20:9\n"), "{drawn}");
/// ```
pub fn timeline(trace: &Trace, options: TimelineOptions) -> String {
    [title(trace), drawing(trace, &rows::rows(trace, options.fold), options.width, &SortedMap::new()), ending(trace)]
        .concat()
}

/// The columns alone, with a mark before some steps; what is of no interest beside them is folded.
pub(crate) fn around(trace: &Trace, width: usize, marks: &SortedMap<usize, String>) -> String {
    drawing(trace, &rows_around(trace, marks), width, marks)
}

/// Stretches of at least so many steps are folded.
const FOLD: usize = 3;

fn rows_around(trace: &Trace, marks: &SortedMap<usize, String>) -> Vec<Row> {
    rows::rows_around(trace, |step| marks.contains_key(&step), FOLD)
}

/// Of each step, whether it is folded when these are marked.
pub(crate) fn folded(trace: &Trace, marks: &SortedMap<usize, String>) -> Vec<bool> {
    let mut folded = vec![false; trace.events.len()];
    for row in rows_around(trace, marks).iter().filter(|row| matches!(row, Row::Quiet(..))) {
        let (first, last) = row.steps();
        folded[first..=last].fill(true);
    }
    folded
}

fn drawing(trace: &Trace, rows: &[Row], width: usize, marks: &SortedMap<usize, String>) -> String {
    let names = (Labels::of(trace), Sites::of(trace));
    let tasks = trace.tasks();
    let mut lines: Vec<_> = rows.iter().map(|row| line(trace, &names, &tasks, row)).collect();
    for (row, line) in rows.iter().zip(&mut lines) {
        if let Some(mark) = marks.get(&row.steps().0) {
            line.step = format!("{mark} {}", line.step);
        }
    }
    let drawing = draw::draw(&tasks, &lines, width);
    [names.1.legend(), "\n".to_owned(), drawing].concat()
}

fn line(trace: &Trace, (labels, sites): &(Labels<'_>, Sites), tasks: &[&str], row: &Row) -> Line {
    let (first, last) = row.steps();
    let event = &trace.events[first];
    let column = tasks.iter().position(|task| *task == event.task).unwrap_or_default();
    let ends = trace.events[last].operation == crate::Operation::End;
    let (step, text, result, site) = match row {
        Row::Step(step) => (step.to_string(), labels.action(event), event.result(), sites.short(&event.site)),
        Row::Quiet(..) => {
            let text = format!("{} quiet steps, {first} to {last}", last - first + 1);
            ("⋮".to_owned(), text, String::new(), String::new())
        }
    };
    Line { step, column, text, result, site, ends }
}

fn title(trace: &Trace) -> String {
    let header = &trace.header;
    let revision = header.revision.as_ref().map(|revision| format!(" at {revision}")).unwrap_or_default();
    let text = format!(
        "{}{revision}: {} on {}, seed {}, execution {}, {} events",
        header.scenario,
        header.strategy,
        header.runtime,
        header.seed,
        header.execution,
        trace.events.len()
    );
    labels::one_line(&text) + "\n"
}

fn ending(trace: &Trace) -> String {
    let Some(failure) = &trace.header.failure else { return String::new() };
    let task = failure.task.as_ref().map(|task| format!(" in {task}")).unwrap_or_default();
    let site = failure.site.as_ref().map(|site| format!(" at {site}")).unwrap_or_default();
    let mut text = format!("\n{}\n", labels::one_line(&format!("{}{task}{site}", failure.kind)));
    for line in failure.message.lines() {
        text += format!("  {}", labels::one_line(line)).trim_end();
        text.push('\n');
    }
    text
}
