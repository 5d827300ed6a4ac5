//! Edits that change the tasks.

use bohrbug::trace::{Operation, Trace, TraceEvent};

use super::names::with_names;
use super::steps::inserted;

/// The first task that main spawns had another name.
pub(crate) fn rename_one(trace: &Trace) -> Option<Trace> {
    let first = children(trace).into_iter().next()?;
    Some(with_names(trace, |name| renamed(name, &first)))
}

/// Every task had another name.
pub(crate) fn rename_all(trace: &Trace) -> Option<Trace> {
    let children = children(trace);
    (!children.is_empty())
        .then(|| with_names(trace, |name| children.iter().fold(name.to_owned(), |name, child| renamed(&name, child))))
}

/// The path of a task under `child` as it was; anything else as it is.
fn renamed(name: &str, child: &str) -> String {
    match name.strip_prefix(child) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            format!("main/old {}{rest}", &child["main/".len()..])
        }
        _ => name.to_owned(),
    }
}

/// The second task was spawned before the first.
pub(crate) fn spawn_in_another_order(trace: &Trace) -> Option<Trace> {
    let spawns: Vec<usize> = steps_of_main(trace, Operation::Spawn);
    let [first, second, ..] = spawns[..] else { return None };
    let mut edited = trace.clone();
    let spawn = edited.events.remove(second);
    edited.events.insert(first, spawn);
    Some(edited)
}

/// The tasks were joined at the place of a scope's end, in the order in which they were spawned.
pub(crate) fn join_in_the_order_of_spawning(trace: &Trace) -> Option<Trace> {
    let spawned = children(trace);
    let joins = steps_of_main(trace, Operation::Join);
    let last = *joins.last()?;
    let place = |event: &TraceEvent| spawned.iter().position(|path| event.object == Some(format!("thread {path}")));
    let mut joined: Vec<TraceEvent> = joins.iter().map(|&step| trace.events[step].clone()).collect();
    joined.sort_by_key(place);
    for join in &mut joined {
        join.site = "src/scope.rs:3:5".to_owned();
    }
    let mut edited = trace.clone();
    edited.events.splice(last..=last, joined);
    for &step in joins[..joins.len() - 1].iter().rev() {
        edited.events.remove(step);
    }
    for event in edited.events.iter_mut().filter(|event| event.operation == Operation::Spawn) {
        event.site = "src/scope.rs:4:9".to_owned();
    }
    Some(edited)
}

/// There was one more task, with a lock of its own.
pub(crate) fn add_one(trace: &Trace) -> Option<Trace> {
    let of = |task: &str, operation, object: &str| TraceEvent::new(task, operation, "src/janitor.rs:5:5").on(object);
    let (janitor, thread) = ("main/janitor", "thread main/janitor");
    let mut more = vec![of("main", Operation::Spawn, thread), of(janitor, Operation::Begin, thread)];
    for _ in 0..3 {
        more.extend([of(janitor, Operation::Lock, "swept"), of(janitor, Operation::Unlock, "swept")]);
    }
    more.push(of(janitor, Operation::End, thread));
    // One after every third event, as long as there are any.
    let places: Vec<usize> = (0..more.len()).map(|number| (1 + 3 * number).min(trace.events.len())).collect();
    Some(inserted(trace, places.into_iter().zip(more).collect()))
}

/// What main spawns, in that order.
fn children(trace: &Trace) -> Vec<String> {
    let spawned = steps_of_main(trace, Operation::Spawn).into_iter();
    let path = |step: usize| trace.events[step].object.as_deref()?.strip_prefix("thread ").map(str::to_owned);
    spawned.filter_map(path).collect()
}

fn steps_of_main(trace: &Trace, operation: Operation) -> Vec<usize> {
    let is_one = |step: &usize| trace.events[*step].task == "main" && trace.events[*step].operation == operation;
    (0..trace.events.len()).filter(is_one).collect()
}
