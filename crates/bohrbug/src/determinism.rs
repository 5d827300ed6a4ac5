//! Uncontrolled nondeterminism: the program behaved differently under the same schedule.
//!
//! Before an exploration one execution is run on native and then followed step by step. A program that reads a clock,
//! draws random numbers, iterates over a hash map, or keeps a value from one execution to the next, parts from itself
//! there or at some later execution that is repeated; nothing that is recorded of such a program could be trusted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use bohrbug_sync::control::View;
use bohrbug_trace::{Difference, ObjectId, Trace, TraceEvent, first_difference};

use crate::explore::Exploration;
use crate::failure::Failure;
use crate::names::Names;
use crate::record;
use crate::runtime::{Program, Search};
use crate::session::Session;
use crate::strategy::{Follow, Random, Strategy};

/// Runs the program twice under one schedule; a failure if the second execution is not the first.
pub(crate) fn check(exploration: &Exploration, program: &Program) -> Option<(Failure, Trace)> {
    if exploration.off.iter().any(|name| name == NAME) {
        return None;
    }
    let (first, _) = once(exploration, program, Box::new(Random::new(exploration.seed)))?;
    let (second, carried) = once(exploration, program, Box::new(Follow::new(first.clone())))?;
    let difference = first_difference(&first, &second)?;
    let failure = Failure::new(NAME, message(&difference, &carried));
    let header = exploration.header(bohrbug_sync::control::Runtime::Native, 0, &failure);
    Some((failure, Trace { header, events: second }))
}

/// The monitor's name.
pub(crate) const NAME: &str = "nondeterminism";

type Execution = (Vec<TraceEvent>, Vec<String>);

/// The events of one execution, and the objects that had been used before it.
fn once(exploration: &Exploration, program: &Program, strategy: Box<dyn Strategy>) -> Option<Execution> {
    let seen = Rc::new(RefCell::new(None));
    let supervisor = {
        let seen = seen.clone();
        Box::new(move |ended: crate::runtime::Ended<'_>| {
            let view = ended.execution.view();
            *seen.borrow_mut() = Some((record::events(view), carried(view)));
            ControlFlow::Break(())
        })
    };
    let session = Session::new(strategy, &exploration.on, &exploration.off);
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
    let mut suspects: BTreeMap<&str, ()> = carried.iter().map(|label| (label.as_str(), ())).collect();
    let value_of = |event: &Option<TraceEvent>| event.as_ref().and_then(|event| event.value);
    if value_of(&difference.expected) != value_of(&difference.found)
        && let Some(label) = difference.found.as_ref().and_then(|event| event.object.as_deref())
    {
        suspects.insert(label, ());
    }
    if suspects.is_empty() {
        text += "; usual causes: a clock, random numbers, the order of a hash map, a value kept outside of the closure";
    } else {
        let list: Vec<&str> = suspects.into_keys().collect();
        text += &format!("; carried from one execution into the next: {}", list.join(", "));
        text += " (make it inside the closure, or put it into a LazyLock)";
    }
    text
}
