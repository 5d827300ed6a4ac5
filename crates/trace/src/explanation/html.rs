//! The explanation as one page for a browser: lanes, arrows, and the source line of each event.
//!
//! The page is one file with its own script and nothing from elsewhere; its policy forbids the browser to load anything.
//! What comes from the trace stands in it as JSON in which no `<` is left, and the script puts it into the page as text, so
//! a label cannot become markup.

use bohrbug_sorted::SortedMap;
use serde_json::{Value, json};

use super::sentence::By;
use super::{Explanation, held_at_end};
use crate::portable_site;
use crate::sources::parts;
use crate::timeline::{folded, one_line};

const PAGE: &str = include_str!("page.html");

/// The lines that are shown above and below that of an event.
const AROUND: usize = 2;

impl Explanation {
    /// The explanation as a page for a browser.
    pub fn html(&self) -> String {
        let (before, rest) = PAGE.split_once("{{title}}").unwrap_or((PAGE, ""));
        let (between, after) = rest.split_once("{{data}}").unwrap_or((rest, ""));
        [before, &escaped(&self.headline()), between, &without_markup(&self.data()), after].concat()
    }

    fn data(&self) -> Value {
        let (labels, sites) = self.names();
        let header = &self.called.header;
        let tasks = self.called.tasks();
        let folded = folded(&self.called, &self.marks());
        let mut quotes = Quotes::default();
        let events: Vec<Value> = self
            .trace
            .events
            .iter()
            .enumerate()
            .map(|(step, event)| {
                let site = portable_site(&event.site);
                json!({
                    "task": tasks.iter().position(|task| *task == event.task),
                    "what": labels.action(event) + &event.result(),
                    "site": sites.short(&event.site),
                    "function": self.sources.function(&site),
                    "line": self.sources.line(&site),
                    "quote": quotes.of(self, &site),
                    "quiet": folded[step],
                })
            })
            .collect();
        let revision = header.revision.as_ref().map(|revision| format!(" {revision}")).unwrap_or_default();
        let failure = header.failure.as_ref();
        let task =
            failure.and_then(|failure| failure.task.as_ref()).map(|task| format!(" in {task}")).unwrap_or_default();
        let numbers: SortedMap<String, Value> =
            self.numbers.iter().map(|(step, number)| (step.to_string(), (*number).into())).collect();
        json!({
            "title": one_line(&format!("{}{revision}", header.scenario)),
            "failure": failure.map(|failure| format!("{}{task}: {}", failure.kind, failure.message)),
            "reason": self.clauses(&labels, By::Number),
            "preemptions": self.preemptions(),
            "held": held_at_end(&self.called).iter().map(|lock| {
                format!("At the end {} holds {}.", lock.task, lock.object)
            }).collect::<Vec<_>>(),
            "tasks": tasks.iter().map(|task| one_line(task)).collect::<Vec<_>>(),
            "events": events,
            "arrows": self.arrows(),
            "orders": self.orders,
            "numbers": Value::from_iter(numbers),
            "quotes": quotes.all,
        })
    }
}

/// The quoted lines, each place once.
#[derive(Default)]
struct Quotes {
    places: SortedMap<(String, usize), usize>,
    all: Vec<Value>,
}

impl Quotes {
    fn of(&mut self, explanation: &Explanation, site: &str) -> Option<usize> {
        let (file, line, _) = parts(site)?;
        let lines = explanation.sources.file(file)?;
        lines.get(line.checked_sub(1)?)?;
        let next = self.all.len();
        let place = *self.places.entry((file.to_owned(), line)).or_insert(next);
        if place == next {
            let first = line.saturating_sub(AROUND).max(1);
            let last = (line + AROUND).min(lines.len());
            self.all.push(json!({ "first": first, "at": line, "lines": lines[first - 1..last] }));
        }
        Some(place)
    }
}

/// As text between two tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// As JSON that can stand between two script tags: nothing in it ends the script or begins a comment.
fn without_markup(data: &Value) -> String {
    let text = data.to_string();
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => kept += &format!("\\u{:04x}", u32::from(c)),
            _ => kept.push(c),
        }
    }
    kept
}
