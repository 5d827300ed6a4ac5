//! A shorter execution without an end: a livelock repeats a few events, and shows it after some thousands as well as after the
//! hundreds of thousands that the step bound of a check allows.
//!
//! The smaller bound is the trace's own from then on. It is not made as small as can be: after a fix the trace is replayed under
//! it, and must have room for a program that ends.

use bohrbug_trace::{FailureKind, Trace};

use crate::rerun::Runner;
use crate::runtime::Program;

/// The bounds that are tried.
const BOUNDS: [u64; 3] = [2_000, 10_000, 50_000];

/// A bound is no smaller than so many times the length of everything before the events that repeat.
const ROOM: usize = 4;

/// The same livelock under a smaller step bound, if it shows there.
pub(super) fn shortened(trace: &Trace, program: &Program) -> Option<Trace> {
    let is_livelock = trace.header.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Livelock);
    if !is_livelock || trace.ends_process() {
        return None;
    }
    let least = (beginning(trace) * ROOM) as u64;
    let now = trace.header.choices.step_bound;
    BOUNDS.into_iter().filter(|bound| (least..now).contains(bound)).find_map(|bound| under(bound, trace, program))
}

/// How many events there are before those at the end that only a task or two repeat: before the last one that is like none of the
/// second half.
fn beginning(trace: &Trace) -> usize {
    let (first, second) = trace.events.split_at(trace.events.len() / 2);
    let repeated: bohrbug_sorted::SortedSet<_> = second.iter().map(|event| (&event.task, &event.site)).collect();
    first.iter().rposition(|event| !repeated.contains(&(&event.task, &event.site))).map_or(0, |last| last + 1)
}

fn under(bound: u64, trace: &Trace, program: &Program) -> Option<Trace> {
    let mut shorter = trace.clone();
    shorter.header.choices.step_bound = bound;
    shorter.events.truncate(usize::try_from(bound).ok()?);
    let attempt = Runner::of(&shorter, program).recorded(&shorter);
    let recorded = &trace.header.failure.as_ref()?.fingerprint;
    let failure = attempt.failure.filter(|failure| failure.has_fingerprint(recorded))?;
    shorter.header.failure = Some(failure.record());
    shorter.header.essence.clear();
    shorter.events = attempt.events;
    Some(shorter)
}
