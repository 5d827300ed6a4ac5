//! Loops that wait, under RC11: a thread that only reads, over and over, until another one stores.
//!
//! A *turn* is what a thread does between two calls at one place; it is *idle* if it only reads. A loop that was seen to
//! have a thousand idle turns in a row, each of which read the same stores, is taken to wait after such a turn, and the
//! search begins anew. From then on a thread that has had one of these turns goes no further: a later store may be what the
//! turn reads, and all else is left out. An execution with an idle turn has nothing to show that the same without that turn
//! has not: it is consistent as well, and orders less. Where nobody can go on but such threads, and all of them have read
//! what is stored last, everybody waits for good: the loops then go round to the step bound, which is a livelock.
//!
//! What is assumed is what `dpor` assumes under SC: such a loop does not count its turns to more than a thousand, and what it
//! does next depends on nothing that earlier turns have read.

use std::collections::BTreeSet;
use std::panic::Location;

use bohrbug_memory::graphs::Source;
use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::{Event, Pending};
use bohrbug_trace::{Operation, Outcome};

use super::super::mix;

/// So many idle turns in a row, and the thread goes on with them, to see whether they have an end.
const SUSPICIOUS: u32 = 8;

/// So many, and it is taken to wait; or this part of the step bound, if that is less.
const CONVINCING: u32 = 1_000;
const PART: u32 = 8;

/// The most steps of a turn.
const LONGEST: usize = 32;

/// Where a turn begins: in which thread, with what, at which place of the code.
pub(super) type Place = (u32, Operation, &'static Location<'static>);

/// A step of a thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Did {
    pub(super) pending: Pending,
    /// Its place among the events of its thread.
    pub(super) first: u32,
    /// What it read from, and the values.
    pub(super) read: Source,
    seen: u64,
    only_reads: bool,
}

/// What is known of the places where turns begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Loops {
    known: SortedMap<Place, Loop>,
}

#[derive(Clone, Debug, Default)]
struct Loop {
    /// The turns after which it is taken to wait.
    waits_after: BTreeSet<u64>,
    /// Whether it was seen to come to its end after such a turn.
    is_refuted: bool,
}

impl Did {
    /// A step that came to these events.
    pub(super) fn new(pending: Pending, first: u32, read: Source, events: &[Event]) -> Self {
        use Operation::{CellRead, CompareExchange, Load, Yield};
        let reads = |event: &Event| match event.operation {
            Load | CellRead | Yield => matches!(event.outcome, Outcome::Done | Outcome::Stale),
            CompareExchange => event.outcome == Outcome::Mismatch,
            _ => false,
        };
        let only_reads = !events.is_empty() && events.iter().all(reads);
        let seen = events.iter().fold(0, |sum, event| mix(sum, event.value().map_or(0, |value| value + 1)));
        Self { pending, first, read, seen, only_reads }
    }

    fn is_called_as(&self, pending: &Pending) -> bool {
        let own = &self.pending;
        (own.operation, own.object, own.site) == (pending.operation, pending.object, pending.site)
    }

    fn is_like(&self, other: &Self) -> bool {
        self.is_called_as(&other.pending) && (self.read, self.seen) == (other.read, other.seen)
    }
}

/// The steps of the turn that has just ended, if the thread is where it began.
pub(super) fn last_turn<'a>(did: &'a [Did], pending: &Pending) -> Option<&'a [Did]> {
    if !matches!(pending.operation, Operation::Load | Operation::CompareExchange) {
        return None;
    }
    for (place, step) in did.iter().enumerate().rev().take(LONGEST) {
        if !step.only_reads {
            return None;
        }
        if step.is_called_as(pending) {
            return Some(&did[place..]);
        }
    }
    None
}

/// How many idle turns in a row the thread has behind it that were the same, if it had so many before its last step.
pub(super) fn idle_turns(did: &[Did], pending: &Pending, before: u32) -> u32 {
    if did.last().is_some_and(|last| !last.only_reads) {
        return 0;
    }
    let Some(turn) = last_turn(did, pending) else { return before };
    let earlier = did.len().checked_sub(2 * turn.len()).map(|begin| &did[begin..did.len() - turn.len()]);
    let is_alike = earlier.is_some_and(|earlier| earlier.iter().zip(turn).all(|(one, other)| one.is_like(other)));
    if is_alike { before + 1 } else { 1 }
}

/// What a thread that may be in a loop that waits is to read first of all, to see whether it is: the same again. There may
/// be a later store; as long as it has gone round less often, every number of turns would be an execution.
pub(super) fn read_again(did: &[Did], pending: &Pending, idle: u32) -> Option<Source> {
    let last = did.iter().rev().take(LONGEST).find(|step| step.is_called_as(pending));
    last.filter(|_| idle >= SUSPICIOUS).map(|step| step.read)
}

/// What a turn does, and what it has read.
fn signature(turn: &[Did]) -> u64 {
    turn.iter().fold(0, |sum, step| {
        let site = step.pending.site;
        let place = u64::from(site.line()) << 32 | u64::from(site.column());
        mix(mix(sum, mix(place, step.pending.operation as u64)), step.seen)
    })
}

impl Loops {
    /// Whether the thread goes no further after that turn.
    pub(super) fn waits(&self, thread: u32, turn: &[Did]) -> bool {
        let known = turn.first().and_then(|first| self.known.get(&place(thread, &first.pending)));
        known.is_some_and(|known| !known.is_refuted && known.waits_after.contains(&signature(turn)))
    }

    /// Whether a thread that has had so many idle turns is taken to wait from now on.
    pub(super) fn learn(&mut self, thread: u32, turn: &[Did], turns: u32, step_bound: u32) -> bool {
        let Some(first) = turn.first().filter(|_| turns >= CONVINCING.min(step_bound / PART)) else { return false };
        let known = self.known.entry(place(thread, &first.pending)).or_default();
        !known.is_refuted && known.waits_after.insert(signature(turn))
    }

    /// One of these loops has come to its end though nothing had changed.
    pub(super) fn refute(&mut self, places: impl IntoIterator<Item = Place>) {
        for place in places {
            self.known.entry(place).or_default().is_refuted = true;
        }
    }

    /// Whether any loop is taken to wait.
    pub(super) fn any(&self) -> bool {
        self.known.values().any(|known| !known.is_refuted && !known.waits_after.is_empty())
    }
}

/// Where a turn that begins with that call begins.
pub(super) fn place(thread: u32, pending: &Pending) -> Place {
    (thread, pending.operation, pending.site)
}
