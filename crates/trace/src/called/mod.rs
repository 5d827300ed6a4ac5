//! A trace whose tasks and objects are called as in the source: `count` instead of `mutex src/lib.rs:4:10`, `main/worker` instead of
//! `main/src-lib.rs:18:15`.
//!
//! That is done where somebody looks at a trace, and never where one is recorded: a trace must not depend on whether the source
//! is at hand, and an edit that renames a field must not make another trace of it. So what commands take and what
//! files have are the recorded names. As with every line that is quoted, the source may have changed since.
//!
//! A name that the code gave (`label`, a thread's name) stays. Of the others each is called by the shortest text that nothing else
//! can be called by: its name, with its kind, with its file and line, with both; or as it was recorded.

mod code;
mod object;
mod task;

use bohrbug_sorted::{SortedMap, SortedSet};

use crate::sources::parts;
use crate::{FailureRecord, Operation, Sources, Trace, TraceEvent, Waiting, child_path, portable_site};
use code::Code;

/// The names in the files that were asked, each read once.
struct Read<'a> {
    sources: &'a Sources,
    files: SortedMap<String, Option<Code>>,
}

impl<'a> Read<'a> {
    const fn new(sources: &'a Sources) -> Self {
        Self { sources, files: SortedMap::new() }
    }

    fn ask(&mut self, site: &str, name: impl Fn(&[code::Level]) -> Option<String>) -> Option<String> {
        let (file, line, column) = parts(site)?;
        let lines = self.sources.file(file)?;
        let code = self.files.entry(file.to_owned()).or_insert_with(|| Code::of(lines));
        name(&code.as_ref()?.levels(line, column)?)
    }
}

/// What things are called: recorded names with the new ones, of those that have one.
#[derive(Default)]
struct Names {
    tasks: SortedMap<String, String>,
    objects: SortedMap<String, String>,
}

/// The same trace, with the names that the sources have.
pub(crate) fn called(trace: &Trace, sources: &Sources) -> Trace {
    let mut read = Read::new(sources);
    let mut names = Names::default();
    names.add_tasks(trace, &mut read);
    names.add_objects(trace, &mut read);
    let mut trace = trace.clone();
    if !names.tasks.is_empty() || !names.objects.is_empty() {
        names.apply(&mut trace);
    }
    trace
}

/// A label that says where its object was made or first used.
struct Placed<'a> {
    kind: &'a str,
    site: &'a str,
}

/// What a label without its number says.
fn placed(stem: &str) -> Option<Placed<'_>> {
    let (kind, site) = stem.split_once(' ')?;
    parts(site)?;
    Some(Placed { kind, site })
}

/// The files of the places that stand in labels.
pub(crate) fn files(trace: &Trace) -> impl Iterator<Item = &str> {
    labels(trace).into_iter().filter_map(|label| Some(parts(placed(numbered(label).0)?.site)?.0))
}

/// Every object's label.
fn labels(trace: &Trace) -> SortedSet<&str> {
    let events = trace.events.iter().filter(|event| event.operation != Operation::Note);
    let events = events.flat_map(|event| event.object.iter().chain(&event.other));
    let waiting = trace.header.waiting.iter().flat_map(|waiting| &waiting.object);
    let keys = trace.header.essence.iter().flat_map(|pair| [&pair.first, &pair.then]);
    let keys = keys.filter(|key| key.operation != Operation::Note).flat_map(|key| &key.object);
    events.chain(waiting).chain(keys).map(String::as_str).collect()
}

/// `lib.rs:18` of `src/lib.rs:18:15`.
fn short_place(site: &str) -> Option<String> {
    let (file, line, _) = parts(site)?;
    Some(format!("{}:{line}", file.rsplit('/').next().unwrap_or(file)))
}

/// Of each thing the first of its names that nothing else can be called by, if there is one. Numbers count what was made in one
/// place, so they are left out here.
fn told_apart(candidates: &SortedMap<&str, Vec<String>>, taken: &SortedSet<&str>) -> SortedMap<String, String> {
    let mut users: SortedMap<&str, usize> = SortedMap::new();
    for name in candidates.values().flatten() {
        *users.entry(name).or_default() += 1;
    }
    let is_free = |name: &&String| users[name.as_str()] == 1 && !taken.contains(name.as_str());
    let chosen = candidates
        .iter()
        .filter_map(|(recorded, names)| Some(((*recorded).to_owned(), names.iter().find(is_free)?.clone())));
    chosen.collect()
}

/// A label or a path without the number at its end, and that number.
fn numbered(text: &str) -> (&str, &str) {
    let at = text.rfind('#').filter(|at| !text[*at..].contains('/')).unwrap_or(text.len());
    text.split_at(at)
}

impl Names {
    fn add_tasks(&mut self, trace: &Trace, read: &mut Read<'_>) {
        let spawns = trace.events.iter().filter(|event| event.operation == Operation::Spawn);
        let spawns = spawns.filter_map(|event| Some((event.object.as_deref()?.strip_prefix("thread ")?, event)));
        let spawns: SortedMap<&str, &TraceEvent> = spawns.collect();
        let (mut candidates, mut taken) = (SortedMap::new(), SortedSet::new());
        for (&path, event) in &spawns {
            let (site, (stem, _)) = (portable_site(&event.site), numbered(path));
            let is_unnamed = child_path(&event.task, &site, 1) == stem;
            match read.ask(&site, task::task).filter(|_| is_unnamed) {
                Some(name) => {
                    let long = short_place(&site).map(|place| format!("{name} {place}"));
                    let names = [Some(name), long].into_iter().flatten();
                    candidates.insert(stem, names.map(|name| child_path(&event.task, &name, 1)).collect());
                }
                None => _ = taken.insert(stem),
            }
        }
        let own = told_apart(&candidates, &taken);
        // Below a task that is called otherwise everything is.
        for path in trace.tasks().into_iter().chain(spawns.keys().copied()) {
            let shown = shown(path, &own);
            if shown != path {
                self.tasks.insert(path.to_owned(), shown);
            }
        }
    }

    fn add_objects(&mut self, trace: &Trace, read: &mut Read<'_>) {
        let (mut candidates, mut taken) = (SortedMap::new(), SortedSet::new());
        let labels = labels(trace);
        for &label in &labels {
            let (stem, _) = numbered(label);
            let named = placed(stem).and_then(|placed| Some((read.ask(placed.site, object::object)?, placed)));
            let Some((name, Placed { kind, site })) = named else {
                taken.insert(stem);
                continue;
            };
            let place = short_place(site).unwrap_or_default();
            let names = [format!("{kind} {name}"), format!("{name} {place}"), format!("{kind} {name} {place}")];
            // Of two channels with the same ends the place is shorter.
            let is_long = name.starts_with('(');
            candidates.insert(stem, [name].into_iter().chain(names.into_iter().filter(|_| !is_long)).collect());
        }
        let own = told_apart(&candidates, &taken);
        for label in labels {
            let (stem, nth) = numbered(label);
            self.objects.extend(own.get(stem).map(|name| (label.to_owned(), format!("{name}{nth}"))));
        }
        for (path, shown) in &self.tasks {
            self.objects.insert(format!("thread {path}"), format!("thread {shown}"));
        }
    }

    fn apply(&self, trace: &mut Trace) {
        for event in &mut trace.events {
            replace(&mut event.task, &self.tasks);
            if event.operation != Operation::Note {
                event.object.iter_mut().chain(&mut event.other).for_each(|label| replace(label, &self.objects));
            }
        }
        for key in trace.header.essence.iter_mut().flat_map(|pair| [&mut pair.first, &mut pair.then]) {
            replace(&mut key.task, &self.tasks);
            if key.operation != Operation::Note {
                key.object.iter_mut().for_each(|label| replace(label, &self.objects));
            }
        }
        for Waiting { task, object, .. } in &mut trace.header.waiting {
            replace(task, &self.tasks);
            object.iter_mut().for_each(|label| replace(label, &self.objects));
        }
        if let Some(FailureRecord { message, task, .. }) = &mut trace.header.failure {
            *message = self.in_text(message);
            task.iter_mut().for_each(|task| replace(task, &self.tasks));
        }
    }

    /// Text in which things are called by their recorded names.
    fn in_text(&self, text: &str) -> String {
        let all = || self.objects.iter().chain(&self.tasks);
        let mut said = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let begins = !said.ends_with(|c: char| c.is_alphanumeric() || "/-_.".contains(c));
            let found = all().filter(|(recorded, _)| begins && is_at_start(rest, recorded));
            match found.max_by_key(|(recorded, _)| recorded.len()) {
                Some((recorded, name)) => {
                    said += name;
                    rest = &rest[recorded.len()..];
                }
                None => {
                    said.push(next);
                    rest = &rest[next.len_utf8()..];
                }
            }
        }
        said
    }
}

/// Whether the text begins with that name, and not with a longer one.
fn is_at_start(text: &str, name: &str) -> bool {
    let Some(after) = text.strip_prefix(name) else { return false };
    let goes_on = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    !goes_on(after) && !after.starts_with(['#', '/']) && !after.strip_prefix(':').is_some_and(goes_on)
}

fn replace(text: &mut String, names: &SortedMap<String, String>) {
    if let Some(name) = names.get(text) {
        text.clone_from(name);
    }
}

/// The path with each segment called as the task up to there is.
fn shown(path: &str, own: &SortedMap<String, String>) -> String {
    let Some((parent, segment)) = path.rsplit_once('/') else { return path.to_owned() };
    let (stem, nth) = numbered(path);
    let named = own.get(stem).and_then(|path| path.rsplit('/').next()).map(|name| format!("{name}{nth}"));
    format!("{}/{}", shown(parent, own), named.as_deref().unwrap_or(segment))
}

#[cfg(test)]
mod tests;
