//! Uncontrolled nondeterminism: the program behaved differently under the same schedule.
//!
//! Before an exploration one execution is run on native and then followed step by step. A program that reads a clock,
//! draws random numbers, iterates over a hash map, or keeps a value from one execution to the next, parts from itself
//! there or at some later execution that is repeated; nothing that is recorded of such a program could be trusted.
//!
//! Where everything was explored that execution is followed once more, and so is the first of the search: a program that
//! was one at first and is another since, or was another while it was searched, is not proved.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::View;
use bohrbug_trace::{Difference, FailureKind, ObjectId, Trace, TraceEvent, first_difference};

use crate::explore::{Exploration, Found};
use crate::failure::Failure;
use crate::names::Names;
use crate::record;
use crate::runtime::{Program, Search};
use crate::session::Session;
use crate::strategy::{Follow, Random, Strategy};

/// An execution's events, to be followed.
pub(crate) type Events = Arc<[TraceEvent]>;

/// Runs the program twice under one schedule: the first execution, unless nobody wants to know or there was none.
///
/// # Errors
///
/// The failure if the second execution is not the first.
pub(crate) fn check(exploration: &Exploration, program: &Program) -> Result<Option<Events>, Box<Found>> {
    if !is_on(exploration) {
        return Ok(None);
    }
    let Some(first) = once(exploration, program, Box::new(Random::new(exploration.seed))) else { return Ok(None) };
    let first = first.events.into();
    match follow(exploration, program, &first) {
        None => Ok(Some(first)),
        Some(found) => Err(Box::new(found)),
    }
}

/// Whether executions are held against each other.
pub(crate) fn is_on(exploration: &Exploration) -> bool {
    exploration.off.iter().all(|name| name != FailureKind::Nondeterminism.name())
}

/// Runs the program under the schedule of an earlier execution; a failure if it is another.
pub(crate) fn follow(exploration: &Exploration, program: &Program, first: &Events) -> Option<Found> {
    let Execution { events: second, carried, failure: ended, .. } =
        once(exploration, program, Box::new(Follow::new(first.clone())))?;
    let difference = first_difference(first, &second)?;
    let mut text = message(&difference, &carried);
    if let Some(ended) = ended {
        let task = ended.task.as_deref().map(|task| format!(" in {task}")).unwrap_or_default();
        let place = ended.site.as_deref().map(|site| format!(" ({site})")).unwrap_or_default();
        text += &format!("; the second execution failed: {}{task}: {}{place}", ended.kind, ended.message);
    }
    let failure = Failure::new(FailureKind::Nondeterminism, text);
    let header = exploration.header(bohrbug_sync::control::Runtime::Native, 0, &failure);
    Some(Found { failure, trace: Trace { header, events: second } })
}

/// Whether the same failure comes at the end of the same events when the execution is repeated alone, in this thread.
pub(crate) fn comes_again(exploration: &Exploration, program: &Program, failure: &Failure, trace: &Trace) -> bool {
    let again = once(exploration, program, Box::new(Follow::new(trace.events.clone())));
    again.is_some_and(|again| {
        again.failure.as_ref() == Some(failure) && again.events.get(..again.length) == Some(&trace.events[..])
    })
}

/// What one execution was.
struct Execution {
    events: Vec<TraceEvent>,
    /// How many of the events there were until it failed, or came to its end.
    length: usize,
    failure: Option<Failure>,
    /// The objects that had been used before it.
    carried: Vec<String>,
}

/// Runs one execution.
fn once(exploration: &Exploration, program: &Program, strategy: Box<dyn Strategy>) -> Option<Execution> {
    let seen = Rc::new(RefCell::new(None));
    let supervisor = {
        let seen = seen.clone();
        Box::new(move |ended: crate::runtime::Ended<'_>| {
            let view = ended.execution.view();
            *seen.borrow_mut() = Some(Execution {
                events: record::events(view),
                length: ended.length.0 as usize,
                failure: ended.into_failure(),
                carried: carried(view),
            });
            ControlFlow::Break(())
        })
    };
    let session = Session::new(strategy, program, &exploration.on, &exploration.off);
    Search::Native.run(session, &exploration.config, program, supervisor).ok()?;
    seen.take()
}

fn carried(view: View<'_>) -> Vec<String> {
    let names = Names::of(view);
    let objects = (0..view.object_count() as u32).map(ObjectId);
    objects.filter(|&object| view.origin(object).carried).map(|object| names.object(object).to_owned()).collect()
}

fn message(difference: &Difference, carried: &[String]) -> String {
    let mut text = format!("under the same schedule the program behaved differently: {difference}");
    let mut suspects: SortedMap<&str, ()> = carried.iter().map(|label| (label.as_str(), ())).collect();
    let value_of = |event: &Option<TraceEvent>| event.as_ref().and_then(|event| event.value);
    if value_of(&difference.expected) != value_of(&difference.found)
        && let Some(label) = difference.found.as_ref().and_then(|event| event.object.as_deref())
    {
        suspects.insert(label, ());
    }
    if suspects.is_empty() {
        text += "; usual causes: a clock, random numbers, the order of a hash map, a value kept outside of the closure, a \
                 `thread_local!` of std's, which all tasks share (`bohrbug_sync::thread_local!` has one for each)";
    } else {
        let list: Vec<&str> = suspects.into_keys().collect();
        text += &format!("; carried from one execution into the next: {}", list.join(", "));
        text += " (make it inside the closure, or put it into a LazyLock)";
    }
    text
}
