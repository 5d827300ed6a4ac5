//! The explanation as text for a terminal.

use std::fmt::Write;

use super::sentence::By;
use super::{Explanation, held_at_end};
use crate::timeline::{self, Labels, one_line};

impl Explanation {
    /// The explanation as text, in so many columns: what failed and what it needs, the lines of code, the timeline, and what
    /// was held at the end.
    pub fn human(&self, width: usize) -> String {
        let (labels, _) = self.names();
        let mut text = self.quotes(&labels);
        text += &self.message();
        let _ = write!(text, "\n{}\n", self.because(By::Number));
        text += &timeline::around(&self.called, width, &self.marks());
        text += &self.endings(&labels);
        text
    }

    /// The rest of a message of several lines.
    fn message(&self) -> String {
        let Some(failure) = &self.called.header.failure else { return String::new() };
        let rest: String =
            failure.message.lines().skip(1).map(|line| format!("  {}\n", one_line(line.trim_end()))).collect();
        if rest.is_empty() { rest } else { format!("\n{rest}") }
    }

    /// Why it fails: what has to be chosen, and in which order what has to happen.
    ///
    /// What is said of choices is so of a trace that was minimised.
    pub fn reason(&self) -> String {
        self.because(By::Step)
    }

    fn because(&self, by: By) -> String {
        let (labels, _) = self.names();
        let clauses = self.clauses(&labels, by);
        let mut text = String::new();
        for (place, clause) in clauses.iter().enumerate() {
            let end = if place + 1 == clauses.len() { "." } else { ", and" };
            let start = if place == 0 { "It fails only if\n" } else { "" };
            let _ = writeln!(text, "{start}  {clause}{end}");
        }
        let one_schedule = self.called.header.preemptions.is_some_and(|preemptions| preemptions.count == 0);
        text += match (self.needs_no_order(), self.choices().is_empty()) {
            (true, _) if self.called.ends_process() => {
                "Which orders of events it needs was not looked for, since each execution takes a process of its own.\n"
            }
            (true, _) if !one_schedule => "No order of two events was found that every such failure needs.\n",
            (true, true) => "No order of two events was found that it needs.\n",
            (true, false) => {
                "No order of two events was found that it needs: it fails with these choices whichever task goes first.\n"
            }
            (false, _) => "With any one of these orders reversed, this failure was not observed.\n",
        };
        if let Some(preemptions) = self.preemptions() {
            let _ = writeln!(text, "It takes {preemptions}.");
        }
        text
    }

    /// What is held at the end, by whom.
    fn endings(&self, labels: &Labels<'_>) -> String {
        let held = held_at_end(&self.called);
        if held.is_empty() {
            return String::new();
        }
        let mut text = "\nheld at the end:\n".to_owned();
        for lock in held {
            let event = &self.called.events[lock.step];
            let _ = writeln!(text, "  {} since step {}: {}", one_line(&lock.task), lock.step, labels.action(event));
        }
        text
    }
}
