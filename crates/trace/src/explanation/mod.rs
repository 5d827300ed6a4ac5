//! A failure explained: what had to happen in which order, with the lines of code, the timeline, and the locks held.
//!
//! It is drawn from a trace that carries its essence, and from the source files if they are there: nothing is run. One file
//! a form: text for a terminal, a page for a browser, Chrome's trace format for Perfetto, JSON for programs.

mod chrome;
mod edges;
mod held;
mod html;
mod human;
mod json;
mod quote;
mod sentence;

use bohrbug_sorted::SortedMap;

use crate::timeline::{Labels, Sites};
use crate::{Before, EventKey, Operation, Outcome, Sources, Trace, TraceEvent, keys};

pub use held::{HeldLock, held_at_end};

/// A failure explained.
///
/// ```
/// use bohrbug_trace::{Before, Explanation, Header, Operation, Runtime, Sources, Trace, TraceEvent, keys};
///
/// let mut trace = Trace::new(Header::new("shop/two-buyers", Runtime::Native, "random"));
/// trace.events.push(TraceEvent::new("main/one", Operation::Load, "src/shop.rs:8:5").on("stock"));
/// trace.events.push(TraceEvent::new("main/two", Operation::Store, "src/shop.rs:9:5").on("stock"));
/// let [first, then] = <[_; 2]>::try_from(keys(&trace.events)).unwrap();
/// trace.header.essence = vec![Before { first, then }];
/// let explanation = Explanation::new(trace, Sources::default());
/// assert_eq!(explanation.orders(), [(0, 1)]);
/// assert!(explanation.human(100).contains("main/one load stock (1) comes before main/two store stock (2)"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    trace: Trace,
    /// The same, with the names of the sources.
    called: Trace,
    sources: Sources,
    /// The steps of the essence's events.
    orders: Vec<(usize, usize)>,
    /// A step that has to come before what its task's rival waits for when the execution ends.
    waits: Vec<(usize, EventKey)>,
    /// Of each of these steps, and of each choice, its number in the text, from 1.
    numbers: SortedMap<usize, usize>,
}

impl Explanation {
    /// The explanation of a trace. An order of its essence whose events did not happen is left out.
    pub fn new(trace: Trace, sources: Sources) -> Self {
        let keys = keys(&trace.events);
        let place = |key| keys.iter().position(|other| other == key);
        let pairs = trace.header.essence.iter().filter_map(|pair| Some((place(&pair.first)?, place(&pair.then)?)));
        let mut orders: Vec<(usize, usize)> = pairs.collect();
        bohrbug_sorted::sort(&mut orders);
        let called = sources.called(&trace);
        let essence = trace.header.essence.iter().zip(&called.header.essence);
        let waits = essence.filter_map(|(pair, called)| Some((waits(&trace, &keys, pair)?, called.then.clone())));
        let mut waits: Vec<_> = waits.collect();
        bohrbug_sorted::sort(&mut waits);
        let mut steps: Vec<usize> = orders.iter().flat_map(|&(first, then)| [first, then]).collect();
        steps.extend(waits.iter().map(|(step, _)| *step));
        let mut explanation = Self { trace, called, sources, orders, waits, numbers: SortedMap::new() };
        steps.extend(explanation.choices());
        bohrbug_sorted::sort(&mut steps);
        steps.dedup();
        explanation.numbers = steps.into_iter().zip(1..).collect();
        explanation
    }

    /// Whether no order and no choice was found that it needs.
    fn needs_no_order(&self) -> bool {
        self.orders.is_empty() && self.waits.is_empty()
    }

    /// What happened.
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The necessary orders, as steps: the first of each has to come before the second.
    pub fn orders(&self) -> &[(usize, usize)] {
        &self.orders
    }

    /// `main/verify lock spdk in list`.
    fn mention(&self, step: usize, labels: &Labels<'_>) -> String {
        let event = &self.called.events[step];
        let function = self.sources.function(&event.site).map(|name| format!(" in `{name}`")).unwrap_or_default();
        format!("{} {}{function}", crate::timeline::one_line(&event.task), labels.action(event))
    }

    /// The steps at which something else than the usual was chosen: a fault, a number, a timeout.
    fn choices(&self) -> Vec<usize> {
        let odd = |event: &TraceEvent| match event.operation {
            operation if operation.is_chosen() => event.value.is_some_and(|value| value > 0),
            _ => {
                let odd = [Outcome::TimedOut, Outcome::Spurious, Outcome::WeakFailure, Outcome::Stale];
                odd.contains(&event.outcome) || event.older > 0
            }
        };
        let steps = self.trace.events.iter().enumerate();
        steps.filter(|(_, event)| odd(event)).map(|(step, _)| step).collect()
    }

    /// The marks of the timeline.
    fn marks(&self) -> SortedMap<usize, String> {
        self.numbers.iter().map(|(step, number)| (*step, format!("({number})"))).collect()
    }

    fn names(&self) -> (Labels<'_>, Sites) {
        (Labels::of(&self.called), Sites::of(&self.trace))
    }
}

/// The step of an order's first event, if the second is the next of a task that has not come to its end.
fn waits(trace: &Trace, keys: &[EventKey], pair: &Before) -> Option<usize> {
    let first = keys.iter().position(|key| *key == pair.first)?;
    let last = trace.events.iter().rfind(|event| event.task == pair.then.task)?;
    let happened =
        keys.iter().filter(|key| EventKey { nth: 0, ..(*key).clone() } == EventKey { nth: 0, ..pair.then.clone() });
    let is_next = happened.count() + 1 == pair.then.nth as usize;
    (last.operation != Operation::End && is_next).then_some(first)
}
