//! The failure in a sentence, and what it needs.

use super::Explanation;
use crate::TraceEvent;
use crate::timeline::{Labels, one_line};

/// How a clause refers to a step.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// By the number that the quotes and the timeline of the same text have.
    Number,
    /// By its step.
    Step,
}

/// The names of objects, and how steps are referred to.
struct Named<'a> {
    labels: &'a Labels<'a>,
    by: By,
}

impl Explanation {
    /// `replica-manager/create-vs-verify v3: panic in main: creation was cut off`.
    pub(super) fn headline(&self) -> String {
        let header = &self.called.header;
        let revision = header.revision.as_ref().map(|revision| format!(" {revision}")).unwrap_or_default();
        let failure = header.failure.as_ref().map_or_else(
            || "it did not fail".to_owned(),
            |failure| {
                let task = failure.task.as_ref().map(|task| format!(" in {task}")).unwrap_or_default();
                format!("{}{task}: {}", failure.kind, failure.message.lines().next().unwrap_or_default())
            },
        );
        one_line(&format!("{}{revision}: {failure}", header.scenario))
    }

    /// What has to be chosen, and what has to come between what, one clause each. Each step stands there by its number in
    /// this explanation, or by its step.
    pub(super) fn clauses(&self, labels: &Labels<'_>, by: By) -> Vec<String> {
        let labels = &Named { labels, by };
        let mut left = self.orders.clone();
        let mut clauses: Vec<String> = self.choices().into_iter().map(|step| self.chosen(step, labels)).collect();
        while !left.is_empty() {
            let (first, then) = left.remove(0);
            let closing = left.iter().position(|&(inner, outer)| self.encloses((first, then), (inner, outer)));
            let clause = match closing.map(|place| left.remove(place)) {
                Some((inner, outer)) => self.between(first, then, inner, outer, labels),
                None => format!("{} comes before {}", self.numbered(first, labels), self.numbered(then, labels)),
            };
            clauses.push(clause);
        }
        clauses.extend(self.waits.iter().map(|(first, then)| {
            let what = TraceEvent::new("", then.operation, "");
            let what = TraceEvent { object: then.object.clone(), ..what };
            let (task, what) = (one_line(&then.task), labels.labels.action(&what));
            format!("{} comes before {task} can {what}, which it waits for at the end", self.numbered(*first, labels))
        }));
        clauses
    }

    fn chosen(&self, step: usize, labels: &Named<'_>) -> String {
        let event = &self.called.events[step];
        if event.outcome == crate::Outcome::Stale || event.older > 0 {
            return format!("{} {}", self.numbered(step, labels), self.stale(step));
        }
        let what = match event.value {
            Some(1) if event.operation == crate::Operation::Fault => "fails".to_owned(),
            Some(1) if event.operation == crate::Operation::TakeToken => {
                "finds it gone, taken by the wait before".to_owned()
            }
            Some(value) if event.outcome == crate::Outcome::Done => format!("comes to {value}"),
            _ => format!("ends {}", event.outcome),
        };
        format!("{} {what}", self.numbered(step, labels))
    }

    /// What is odd about a step that read an older store than the latest, or whose own went behind another.
    fn stale(&self, step: usize) -> String {
        use crate::Operation::{CompareExchange, Rmw, Store};
        let event = &self.called.events[step];
        let writes = |earlier: &TraceEvent| {
            let exchanges = earlier.operation == CompareExchange && !earlier.is_failed_exchange();
            earlier.object == event.object && (matches!(earlier.operation, Store | Rmw) || exchanges)
        };
        let later = (0..step).rev().find(|&earlier| writes(&self.called.events[earlier]));
        let value = event.value.map(|value| format!(" the {value}")).unwrap_or_default();
        let Some(later) = later else { return format!("reads{value} although there is a later value") };
        let stored = match (&self.called.events[later].operation, self.called.events[later].value) {
            (Store, Some(value)) => format!("{value} was stored at step {later}"),
            _ => format!("another value was stored at step {later}"),
        };
        if event.operation == Store {
            return format!("stores{value} and {stored}, yet that one is the later: nothing orders the two");
        }
        format!("reads{value} although {stored}: nothing orders that store before it")
    }

    /// Whether the second order ends what the first began: what one task does comes between two events of another.
    fn encloses(&self, (first, then): (usize, usize), (inner, outer): (usize, usize)) -> bool {
        let task = |step: usize| &self.called.events[step].task;
        task(first) == task(outer) && task(then) == task(inner) && then <= inner
    }

    fn between(&self, first: usize, then: usize, inner: usize, outer: usize, labels: &Named<'_>) -> String {
        let [first, outer] = [first, outer].map(|step| self.numbered(step, labels));
        if then == inner {
            return format!("{} comes after {first} and before {outer}", self.numbered(then, labels));
        }
        let [then, inner] = [then, inner].map(|step| self.numbered(step, labels));
        format!("{then} comes after {first}, and {inner} before {outer}")
    }

    fn numbered(&self, step: usize, labels: &Named<'_>) -> String {
        let number = match labels.by {
            By::Number => self.numbers[&step].to_string(),
            By::Step => format!("step {step}"),
        };
        format!("{} ({number})", self.mention(step, labels.labels))
    }

    /// How many preemptions there are, and whether fewer are possible; nothing of a trace that was not minimised.
    pub(super) fn preemptions(&self) -> Option<String> {
        let preemptions = self.called.header.preemptions?;
        let plural = if preemptions.count == 1 { "" } else { "s" };
        let fewer = match (preemptions.count, preemptions.fewest) {
            (0, _) => "",
            (_, crate::Fewest::Proved) => ", proved minimal",
            (_, crate::Fewest::NotFound) => "; none with fewer was found",
        };
        Some(format!("{} preemption{plural}{fewer}", preemptions.count))
    }
}
