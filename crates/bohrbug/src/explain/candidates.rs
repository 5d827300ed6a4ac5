//! Which pairs of events may be worth turning round.

use bohrbug_sorted::{SortedMap, SortedSet};
use bohrbug_sync::control::View;
use bohrbug_trace::{Access, ObjectId, Operation, Outcome, TraceEvent, conflict};

use crate::record;

/// What the program itself orders: the events of one task, a spawn before all of its thread, all of a thread before its
/// join.
pub(super) struct Forced {
    /// Of each event, how many events of each task come before it or are it.
    clocks: Vec<Vec<usize>>,
    tasks: Vec<usize>,
    /// The number of each event among those of its task, from 1.
    nth: Vec<usize>,
}

impl Forced {
    pub(super) fn of(events: &[TraceEvent]) -> Self {
        let mut numbers: SortedMap<&str, usize> = SortedMap::new();
        for event in events {
            let next = numbers.len();
            numbers.entry(&event.task).or_insert(next);
        }
        let tasks: Vec<usize> = events.iter().map(|event| numbers[event.task.as_str()]).collect();
        // The clock of each task as it goes on.
        let mut now = vec![vec![0; numbers.len()]; numbers.len()];
        let (mut clocks, mut nth) = (Vec::with_capacity(events.len()), Vec::with_capacity(events.len()));
        for (event, &task) in events.iter().zip(&tasks) {
            let other = event.object.as_deref().and_then(|object| numbers.get(object.strip_prefix("thread ")?));
            if let (Operation::Join, Some(&other)) = (event.operation, other) {
                let joined = now[other].clone();
                now[task].iter_mut().zip(joined).for_each(|(mine, theirs)| *mine = theirs.max(*mine));
            }
            now[task][task] += 1;
            if let (Operation::Spawn, Some(&other)) = (event.operation, other) {
                let spawner = now[task].clone();
                now[other].iter_mut().zip(spawner).for_each(|(mine, theirs)| *mine = theirs.max(*mine));
            }
            nth.push(now[task][task]);
            clocks.push(now[task].clone());
        }
        Self { clocks, tasks, nth }
    }

    /// Whether the program orders the first event before the second.
    pub(super) fn orders(&self, first: usize, second: usize) -> bool {
        self.clocks[second][self.tasks[first]] >= self.nth[first]
    }
}

/// The accesses of two tasks to one object: those of the task that may have to be first, and those of the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rivals {
    pub(super) firsts: Vec<usize>,
    pub(super) seconds: Vec<usize>,
}

impl Rivals {
    /// Each of the first with each of the others.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.firsts.iter().flat_map(|&first| self.seconds.iter().map(move |&second| (first, second)))
    }
}

/// Every object's accesses, by pairs of tasks, each pair both ways round.
pub(super) fn rivals(events: &[TraceEvent]) -> Vec<Rivals> {
    let mut accesses: SortedMap<&str, SortedMap<&str, Vec<usize>>> = SortedMap::new();
    for (step, event) in events.iter().enumerate().filter(|(_, event)| decides(event.operation)) {
        for object in event.object.iter().chain(&event.other) {
            accesses.entry(object).or_default().entry(&event.task).or_default().push(step);
        }
    }
    let mut found = Vec::new();
    for tasks in accesses.values() {
        for (one, firsts) in tasks {
            for (_, seconds) in tasks.iter().filter(|(other, _)| *other != one) {
                found.push(Rivals { firsts: firsts.clone(), seconds: seconds.clone() });
            }
        }
    }
    found
}

/// Every order of two events of which one may have to be first, that the program itself does not keep.
pub(super) fn open_orders(events: &[TraceEvent], forced: &Forced) -> SortedSet<(usize, usize)> {
    let is_open = |&(first, second): &(usize, usize)| {
        first < second && !forced.orders(first, second) && in_conflict(&events[first], &events[second])
    };
    let rivals = rivals(events);
    rivals.iter().flat_map(Rivals::pairs).filter(is_open).collect()
}

/// The events of an execution whose order may be a matter of the schedule, in words.
pub(super) fn rival_events(view: View<'_>) -> Vec<TraceEvent> {
    record::events_without_sites(view, |event| decides(event.operation))
}

/// Whether the order of such an operation among others is a matter of the schedule, and tells something: the order of two
/// critical sections is that of their beginnings.
const fn decides(operation: Operation) -> bool {
    use Operation::*;
    !matches!(
        operation,
        Unlock
            | ReadUnlock
            | WriteUnlock
            | OnceEnd
            | Leave
            | Spawn
            | Begin
            | End
            | Note
            | Join
            | Yield
            | Sleep
            | Choose
            | Fault
            | Now
            | TakeToken
    )
}

/// Whether two events of one trace conflict.
pub(super) fn in_conflict(a: &TraceEvent, b: &TraceEvent) -> bool {
    let names: Vec<&str> =
        [a, b].iter().flat_map(|event| event.object.iter().chain(&event.other)).map(String::as_str).collect();
    let number = |name: &Option<String>| {
        let place = name.as_ref().and_then(|name| names.iter().position(|known| known == name));
        place.map_or(ObjectId::NONE, |place| ObjectId(place as u32))
    };
    let access = |event: &TraceEvent| Access {
        operation: event.operation.in_effect(event.outcome),
        object: number(&event.object),
        other: number(&event.other),
    };
    conflict(access(a), access(b))
}

/// Where a task can be held so that it does not come to that step: there, and before each lock that it has by then, the
/// innermost first.
pub(super) fn held(events: &[TraceEvent], step: usize) -> Vec<usize> {
    let mut taken: Vec<(&Option<String>, usize)> = Vec::new();
    let task = &events[step].task;
    for (place, event) in events[..step].iter().enumerate().filter(|(_, event)| event.task == *task) {
        use Operation::*;
        match event.operation {
            TryLock | TryReadLock | TryWriteLock if event.outcome == Outcome::WouldBlock => {}
            Lock | TryLock | ReadLock | TryReadLock | WriteLock | TryWriteLock => taken.push((&event.object, place)),
            Wake => taken.push((&event.other, place)),
            Unlock | ReadUnlock | WriteUnlock => give_back(&mut taken, &event.object),
            Wait => give_back(&mut taken, &event.other),
            _ => {}
        }
    }
    std::iter::once(step).chain(taken.iter().rev().map(|(_, place)| *place)).collect()
}

fn give_back(taken: &mut Vec<(&Option<String>, usize)>, object: &Option<String>) {
    if let Some(place) = taken.iter().rposition(|(held, _)| *held == object) {
        taken.remove(place);
    }
}

/// Where the critical section that begins at that step ends, if it keeps everybody else out; the step itself if none
/// begins there, or it does not end.
pub(super) fn section_end(events: &[TraceEvent], step: usize) -> usize {
    use Operation::*;
    let begin = &events[step];
    let end = match begin.operation {
        Lock | TryLock if begin.outcome != Outcome::WouldBlock => Unlock,
        WriteLock | TryWriteLock if begin.outcome != Outcome::WouldBlock => WriteUnlock,
        _ => return step,
    };
    let is_end = |event: &TraceEvent| {
        event.task == begin.task
            && (event.operation == end && event.object == begin.object
                || event.operation == Wait && event.other == begin.object)
    };
    (step..events.len()).find(|&later| is_end(&events[later])).unwrap_or(step)
}
