//! Misuse of memory, where the process has the allocator for it; see [`memory`](crate::memory).

use bohrbug_sorted::{SortedMap, SortedSet};
use bohrbug_sync::control::{Event, Incident, View};
use bohrbug_trace::{FailureKind, ObjectId, ObjectKind, Operation};

use super::Monitor;
use crate::failure::Failure;
use crate::memory::{self, Left, Misuse, Moment};
use crate::names::{Names, site};

/// How many executions in a row must leave a block behind.
const EXECUTIONS: u32 = 8;

/// Finds misuse of memory.
#[derive(Debug, Default)]
pub struct MemoryMisuse {
    /// How many executions in a row have left such a block for good.
    leaks: SortedMap<Leak, u32>,
    /// What the last execution has left, by address.
    left: Vec<(usize, Leak)>,
    /// Whether this one was stopped, so that its tasks may have left behind what they would have freed.
    has_failed: bool,
}

/// A block's size, and the event before its allocation: what was done, by whom and where.
type Leak = (usize, Operation, String);

impl Monitor for MemoryMisuse {
    fn kind(&self) -> FailureKind {
        FailureKind::MemoryMisuse
    }

    fn begin(&mut self) {
        self.has_failed = false;
        memory::begin();
    }

    fn watches(&self) -> bool {
        memory::is_installed()
    }

    fn watches_memory(&self) -> bool {
        memory::is_installed()
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        let Incident::UseAfterFree { kind, object, address } = incident else {
            return None;
        };
        let (allocated, freed, size) = memory::freed_block(*address).unwrap_or((Moment(0), Moment(0), 0));
        Some(self.used_after_free(view, (*kind, *object), [allocated, freed], size))
    }

    fn reported(&mut self, view: View<'_>, _: &Event) -> Option<Failure> {
        memory::note(view.steps().0);
        None
    }

    fn failed(&mut self) {
        self.has_failed = true;
    }

    fn end(&mut self, view: View<'_>) -> Option<Failure> {
        if !memory::is_installed() {
            return None;
        }
        let left = memory::end();
        match left.misuse {
            Some(misuse) => Some(self.misused(view, misuse)),
            None if self.has_failed => {
                self.leaks.clear();
                self.left.clear();
                None
            }
            None => self.leaked(view, &left),
        }
    }
}

impl MemoryMisuse {
    fn misused(&self, view: View<'_>, misuse: Misuse) -> Failure {
        let (what, moments, message) = match misuse {
            Misuse::DoubleFree { size, allocated, freed, again } => (
                "double free",
                [freed, again],
                format!(
                    "a double free: {size} bytes, allocated {}, were freed {} and again {}",
                    when(view, allocated),
                    when(view, freed),
                    when(view, again)
                ),
            ),
            Misuse::WriteAfterFree { size, allocated, freed, at } => (
                "write after free",
                [allocated, freed],
                format!(
                    "a write after free: byte {at} of {size}, allocated {} and freed {}, was written to later",
                    when(view, allocated),
                    when(view, freed)
                ),
            ),
        };
        let of = |moment: &Moment| {
            let (operation, task) = before(view, *moment).unwrap_or((Operation::Begin, String::new()));
            (operation, format!("{what} {task}"))
        };
        Failure::new(self.kind(), message).of(moments.iter().map(of).collect())
    }

    fn used_after_free(
        &self,
        view: View<'_>,
        (kind, object): (ObjectKind, Option<ObjectId>),
        [allocated, freed]: [Moment; 2],
        size: usize,
    ) -> Failure {
        let names = Names::of(view);
        let what = object.map_or_else(|| kind.to_string(), |object| names.object(object).to_owned());
        let label = object.filter(|object| view.origin(*object).name.is_some());
        let what = label.map_or_else(|| what.clone(), |_| format!("{kind} {what}"));
        let task = names.task(view.current()).to_owned();
        let message = format!(
            "a use after free: {task} uses {what} {}, in {size} bytes that were allocated {} and freed {}",
            when(view, Moment(view.steps().0)),
            when(view, allocated),
            when(view, freed)
        );
        let (operation, freer) = before(view, freed).unwrap_or((Operation::Begin, String::new()));
        let involved = vec![(operation, format!("use after free {what} {freer}"))];
        Failure::new(self.kind(), message).in_task(task).of(involved)
    }

    fn leaked(&mut self, view: View<'_>, left: &Left) -> Option<Failure> {
        // Only now is it known what the execution before has left for good.
        let before_last = std::mem::take(&mut self.left);
        let lasting: SortedSet<Leak> =
            before_last.into_iter().filter(|(address, _)| left.still.contains(address)).map(|(_, leak)| leak).collect();
        let times = |leak: &Leak| self.leaks.get(leak).copied().unwrap_or(0) + 1;
        let leaks: SortedMap<Leak, u32> = lasting.into_iter().map(|leak| (leak.clone(), times(&leak))).collect();
        let found = leaks.iter().find(|(_, times)| **times >= EXECUTIONS).map(|(leak, _)| leak.clone());
        self.leaks = leaks;
        let named = left.live.iter().filter_map(|live| {
            let (operation, task) = before(view, live.allocated)?;
            Some((live.address, (live.size, operation, task)))
        });
        self.left = named.collect();
        let (size, operation, task) = found?;
        let message = format!(
            "a leak: {size} bytes, allocated after a {operation} of {task}, were never freed in {EXECUTIONS} executions in a row"
        );
        Some(Failure::new(self.kind(), message).of(vec![(operation, format!("leak {task}"))]))
    }
}

impl Drop for MemoryMisuse {
    fn drop(&mut self) {
        // A search that was stopped may never have come to its execution's end.
        memory::stop();
    }
}

/// What the event before a moment did, and its task.
fn before(view: View<'_>, moment: Moment) -> Option<(Operation, String)> {
    let event = view.events().get((moment.0 as usize).checked_sub(1)?)?;
    Some((event.operation, format!("{} {}", Names::of(view).task(event.task), site(event.site))))
}

fn when(view: View<'_>, moment: Moment) -> String {
    match moment.0.checked_sub(1).and_then(|last| view.events().get(last as usize)) {
        None => "before the first event".to_owned(),
        Some(event) => {
            let task = Names::of(view).task(event.task).to_owned();
            format!("after {task}'s {} ({})", event.operation, site(event.site))
        }
    }
}
