//! The last events of every task: what a failure report shows before anybody opens the trace.

use super::labels::{Labels, one_line};
use crate::{Operation, Outcome, Trace, TraceEvent, Waiting, portable_site};

/// The last `n` events of every task, each with its step, its file and its line.
///
/// Tasks stand in the order in which they began; the one that failed is marked, and so is one that has not come to its
/// end: in a deadlock those are the ones that wait.
///
/// ```
/// use bohrbug_trace::{Header, Operation, Runtime, Trace, TraceEvent, last_events};
///
/// let mut trace = Trace::new(Header::new("shop/two-buyers", Runtime::Native, "random"));
/// trace.events.push(TraceEvent::new("main", Operation::Lock, "src/shop.rs:8:5").on("stock"));
/// trace.events.push(TraceEvent::new("main", Operation::Unlock, "src/shop.rs:9:5").on("stock"));
/// assert_eq!(last_events(&trace, 1), "main: 2 events, unfinished\n  step 1  unlock stock  src/shop.rs:9:5\n");
/// ```
pub fn last_events(trace: &Trace, n: usize) -> String {
    let labels = Labels::of(trace);
    let last: Vec<_> = trace.tasks().into_iter().map(|task| Last::of(trace, task, n, &labels)).collect();
    let rows = || last.iter().flat_map(|task| &task.rows);
    let step = rows().map(|row| row[0].len()).max().unwrap_or_default();
    let action = rows().map(|row| row[1].chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for task in &last {
        text += &format!("{}\n", task.heading);
        for [number, what, site] in &task.rows {
            let step = match number.as_str() {
                "" => " ".repeat(step + 5),
                WAITS => format!("{WAITS:<0$}", step + 5),
                number => format!("step {number:>step$}"),
            };
            text += format!("  {step}  {what:action$}  {site}").trim_end();
            text.push('\n');
        }
    }
    text
}

/// One task: its heading, and its last events as step, action and site.
struct Last {
    heading: String,
    rows: Vec<[String; 3]>,
}

impl Last {
    fn of(trace: &Trace, task: &str, n: usize, labels: &Labels<'_>) -> Self {
        let events: Vec<_> = trace.events.iter().enumerate().filter(|(_, event)| event.task == task).collect();
        let failed = trace.header.failure.as_ref().is_some_and(|failure| failure.task.as_deref() == Some(task));
        // What a task does while it unwinds says less than what it did before.
        let unwound = events.iter().rev().take_while(|(_, event)| failed && unwinds(event)).count();
        let shown = &events[..events.len() - unwound];
        let rows = shown[shown.len().saturating_sub(n)..].iter().map(|&(step, event)| row(step, event, labels));
        let mut rows: Vec<[String; 3]> = rows.collect();
        if unwound > 0 && !shown.is_empty() {
            let plural = if unwound == 1 { "" } else { "s" };
            rows.push([String::new(), format!("and {unwound} event{plural} while it unwound"), String::new()]);
        }
        let waiting = trace.header.waiting.iter().filter(|waiting| waiting.task == task);
        rows.extend(waiting.map(|waiting| waits(waiting, labels)));
        Self { heading: heading(trace, task, &events), rows }
    }
}

/// In place of a step's number: what a task waits for and has not done.
const WAITS: &str = "waits";

fn unwinds(event: &TraceEvent) -> bool {
    let gives_back = matches!(event.operation, Operation::Unlock | Operation::WriteUnlock);
    event.outcome == Outcome::Unwinding || gives_back && event.outcome == Outcome::Poisoned
}

fn waits(waiting: &Waiting, labels: &Labels<'_>) -> [String; 3] {
    let event = TraceEvent::new(&waiting.task, waiting.operation, &waiting.site);
    let event = TraceEvent { object: waiting.object.clone(), ..event };
    [WAITS.to_owned(), labels.action(&event), one_line(&portable_site(&waiting.site))]
}

fn heading(trace: &Trace, task: &str, events: &[(usize, &TraceEvent)]) -> String {
    let plural = if events.len() == 1 { "event" } else { "events" };
    let ended = events.last().is_some_and(|(_, event)| event.operation == Operation::End);
    let ending = if ended { "ended" } else { "unfinished" };
    let failed = trace.header.failure.as_ref().is_some_and(|failure| failure.task.as_deref() == Some(task));
    let mark = if failed { "; failed here" } else { "" };
    format!("{}: {} {plural}, {ending}{mark}", one_line(task), events.len())
}

fn row(step: usize, event: &TraceEvent, labels: &Labels<'_>) -> [String; 3] {
    [step.to_string(), labels.action(event) + &event.result(), one_line(&portable_site(&event.site))]
}
