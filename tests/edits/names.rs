//! Edits that change what things are called: lines, files, objects, kinds of locks.

use std::collections::{BTreeMap, BTreeSet};

use bohrbug::FailureKind;
use bohrbug::trace::{Operation, Trace, fingerprint};

/// Seven lines above everything are gone.
pub(crate) fn move_lines(trace: &Trace) -> Option<Trace> {
    Some(with_sites(trace, |_, site| at_line(site, |line| line + 7)))
}

/// Every third operation was not yet in a helper of another file.
pub(crate) fn extract_a_helper(trace: &Trace) -> Option<Trace> {
    Some(with_sites(trace, |step, site| match step % 3 {
        0 => format!("src/before_the_helper.rs:{}:9", 10 + step),
        _ => site.to_owned(),
    }))
}

/// The files had other names.
pub(crate) fn rename_the_files(trace: &Trace) -> Option<Trace> {
    Some(with_sites(trace, |_, site| site.replace(".rs:", "_as_it_was.rs:")))
}

/// What happens over and over at one place happened at a place of its own each time, or the other way round.
pub(crate) fn unroll(trace: &Trace) -> Option<Trace> {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    let mut edited = trace.clone();
    for event in &mut edited.events {
        let time = times.entry(format!("{} {}", event.task, event.site)).or_default();
        event.site = at_line(&event.site, |line| line + 100 * *time);
        *time += 1;
    }
    (edited != *trace).then_some(edited)
}

/// The busiest lock had another name.
pub(crate) fn rename_a_lock(trace: &Trace) -> Option<Trace> {
    let lock = locks(trace).into_iter().next()?;
    Some(with_names(trace, |name| if name == lock { format!("old {name}") } else { name.to_owned() }))
}

/// Every object had another name.
pub(crate) fn rename_every_object(trace: &Trace) -> Option<Trace> {
    let is_of_a_task = |name: &str| name.starts_with("thread ") || name == "main" || name.starts_with("main/");
    Some(with_names(trace, |name| if is_of_a_task(name) { name.to_owned() } else { format!("old {name}") }))
}

/// No object had a name: each was known by the place where it was made.
pub(crate) fn take_the_names_away(trace: &Trace) -> Option<Trace> {
    let mut objects: Vec<String> = Vec::new();
    let labels = trace.events.iter().filter_map(|event| event.object.clone());
    for label in labels.filter(|label| !label.starts_with("thread ")) {
        if !objects.contains(&label) {
            objects.push(label);
        }
    }
    Some(with_names(trace, |name| match objects.iter().position(|object| object == name) {
        Some(place) => format!("mutex src/system.rs:{}:9", 10 + 3 * place),
        None => name.to_owned(),
    }))
}

/// The two busiest locks of a kind were one.
pub(crate) fn merge_two_locks(trace: &Trace) -> Option<Trace> {
    let locks = locks(trace);
    let kind = |lock: &str| kind_of(trace, lock);
    let two =
        locks.iter().enumerate().flat_map(|(place, one)| locks[place + 1..].iter().map(move |other| (one, other)));
    let (one, other) = two.into_iter().find(|(one, other)| kind(one) == kind(other))?;
    Some(with_names(trace, |name| if name == other { one.clone() } else { name.to_owned() }))
}

/// The busiest lock was two: each task took one and the other in turn.
pub(crate) fn split_a_lock(trace: &Trace) -> Option<Trace> {
    let lock = locks(trace).into_iter().next()?;
    let mut sections: BTreeMap<String, u32> = BTreeMap::new();
    let mut edited = trace.clone();
    for event in edited.events.iter_mut().filter(|event| event.object.as_deref() == Some(&*lock)) {
        let section = sections.entry(event.task.clone()).or_default();
        *section += u32::from(is_acquisition(event.operation));
        event.object = Some(format!("{lock} {}", if *section % 2 == 1 { "left" } else { "right" }));
    }
    Some(edited)
}

/// What is a reader-writer lock was a mutex; only one whose sections do not overlap can have been.
pub(crate) fn from_rwlock_to_mutex(trace: &Trace) -> Option<Trace> {
    use Operation::{Lock, ReadLock, ReadUnlock, Unlock, WriteLock, WriteUnlock};
    let is_rwlock = |lock: &String| matches!(kind_of(trace, lock), Some(WriteLock | ReadLock));
    let lock = locks(trace).into_iter().find(|lock| is_rwlock(lock) && !overlaps(trace, lock))?;
    Some(with_operations(trace, &lock, |operation| match operation {
        ReadLock | WriteLock => Lock,
        ReadUnlock | WriteUnlock => Unlock,
        other => other,
    }))
}

/// What is a mutex was a reader-writer lock, taken for writing.
pub(crate) fn from_mutex_to_rwlock(trace: &Trace) -> Option<Trace> {
    use Operation::{Lock, Unlock, WriteLock, WriteUnlock};
    let lock = locks(trace).into_iter().find(|lock| kind_of(trace, lock) == Some(Lock))?;
    Some(with_operations(trace, &lock, |operation| match operation {
        Lock => WriteLock,
        Unlock => WriteUnlock,
        other => other,
    }))
}

/// The trace with other names for tasks and objects, and the failure told in them.
pub(crate) fn with_names(trace: &Trace, name: impl Fn(&str) -> String) -> Trace {
    let mut edited = trace.clone();
    for event in &mut edited.events {
        event.task = name(&event.task);
        event.other = event.other.as_deref().map(&name);
        event.object = event.object.as_deref().map(|label| match label.strip_prefix("thread ") {
            Some(path) => format!("thread {}", name(path)),
            None => name(label),
        });
    }
    tell_failure(trace, &mut edited, name);
    edited
}

/// Tells the failure in other names, as it was told then.
fn tell_failure(trace: &Trace, edited: &mut Trace, name: impl Fn(&str) -> String) {
    let Some(failure) = &mut edited.header.failure else { return };
    failure.task = failure.task.as_deref().map(&name);
    if failure.kind != FailureKind::Panic {
        let events = &trace.events;
        let names: BTreeSet<&str> =
            events.iter().flat_map(|event| [Some(&*event.task), event.object.as_deref()]).flatten().collect();
        // The longest first; none of the new names has another old one in it.
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let marked = names
            .iter()
            .enumerate()
            .fold(failure.message.clone(), |text, (place, name)| text.replace(name, &format!("\u{1}{place}\u{2}")));
        failure.message = names
            .iter()
            .enumerate()
            .fold(marked, |text, (place, old)| text.replace(&format!("\u{1}{place}\u{2}"), &name(old)));
    }
    let task = failure.task.as_deref().filter(|_| failure.kind != FailureKind::Deadlock);
    failure.fingerprint = fingerprint(failure.kind, task, &failure.message, &[]);
}

fn with_sites(trace: &Trace, site: impl Fn(usize, &str) -> String) -> Trace {
    let mut edited = trace.clone();
    for (step, event) in edited.events.iter_mut().enumerate() {
        event.site = site(step, &event.site);
    }
    edited
}

fn with_operations(trace: &Trace, lock: &str, operation: impl Fn(Operation) -> Operation) -> Trace {
    let mut edited = trace.clone();
    for event in edited.events.iter_mut().filter(|event| event.object.as_deref() == Some(lock)) {
        event.operation = operation(event.operation);
    }
    edited
}

/// The site with another line.
fn at_line(site: &str, other: impl Fn(u32) -> u32) -> String {
    let mut parts: Vec<String> = site.split(':').map(str::to_owned).collect();
    if let [_, line, _] = parts.as_mut_slice()
        && let Ok(number) = line.parse()
    {
        *line = other(number).to_string();
    }
    parts.join(":")
}

/// The locks, the busiest first.
fn locks(trace: &Trace) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for event in trace.events.iter().filter(|event| is_acquisition(event.operation)) {
        *counts.entry(event.object.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let mut locks: Vec<_> = counts.into_iter().collect();
    locks.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    locks.into_iter().map(|(lock, _)| lock.to_owned()).collect()
}

/// The first operation on it.
fn kind_of(trace: &Trace, lock: &str) -> Option<Operation> {
    trace.events.iter().find(|event| event.object.as_deref() == Some(lock)).map(|event| event.operation)
}

fn overlaps(trace: &Trace, lock: &str) -> bool {
    let mut inside = 0;
    let mut most = 0;
    for event in trace.events.iter().filter(|event| event.object.as_deref() == Some(lock)) {
        inside = if is_acquisition(event.operation) { inside + 1 } else { inside - 1 };
        most = inside.max(most);
    }
    most > 1
}

pub(crate) const fn is_acquisition(operation: Operation) -> bool {
    matches!(operation, Operation::Lock | Operation::ReadLock | Operation::WriteLock)
}
