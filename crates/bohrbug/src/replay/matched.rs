//! Replaying a trace after edits: by what the recorded events are now, in the recorded order of those that conflict.
//!
//! What a recorded event is now is a guess from an execution of the program as it is now. The first one is that of the
//! exact replay, which goes with the recording as far as the edit lets it. Held to the orders that follow from the guess,
//! the program comes further, and that execution makes the next guess better; until a guess is the same as the one before.

use bohrbug_sync::control::{Config, Runtime};
use bohrbug_trace::Trace;

use super::terms::{Held, Terms};
use super::{Mode, Replay, Verdict};
use crate::planned::{self, Planned};
use crate::record;
use crate::runtime::Program;
use crate::strategy::Rest;

/// The most guesses; most edits need two.
const GUESSES: usize = 8;

/// Replays a trace whose exact replay has diverged.
pub(super) fn replay(trace: &Trace, program: &Program, on: Runtime, exact: Replay) -> Replay {
    let subject = Subject { trace, program, on, config: record::config(trace) };
    let (matched, terms) = subject.match_and_hold(&exact);
    if is_reproduced(&matched) {
        return matched;
    }
    let essence = subject.hold_essence(&terms);
    essence.into_iter().chain([matched, exact]).reduce(better).unwrap_or_else(|| unreachable!("there are two at least"))
}

fn is_reproduced(replay: &Replay) -> bool {
    replay.verdict == Verdict::Reproduced
}

/// The one of two replays that says more; the first, if both say the same.
fn better(one: Replay, other: Replay) -> Replay {
    if says(&one.verdict) >= says(&other.verdict) { one } else { other }
}

/// How much a verdict says: a failure more than none, and of two divergences the later one.
fn says(verdict: &Verdict) -> (u8, u32) {
    match verdict {
        Verdict::Reproduced => (4, 0),
        Verdict::FailedDifferently(_) => (3, 0),
        Verdict::Diverged { at, failure: Some(_) } => (2, at.step.0),
        Verdict::DidNotFail => (1, 0),
        Verdict::Diverged { at, failure: None } => (0, at.step.0),
    }
}

/// What is replayed.
struct Subject<'a> {
    trace: &'a Trace,
    program: &'a Program,
    on: Runtime,
    config: Config,
}

impl<'a> Subject<'a> {
    /// The best replay that holds to the recorded order of all conflicts, and the terms that it led to.
    fn match_and_hold(&self, exact: &Replay) -> (Replay, Terms<'a>) {
        let mut terms = Terms::new(self.trace, exact.events.clone());
        let mut best: Option<Replay> = None;
        for _ in 0..GUESSES {
            let (replay, next) = self.hold(terms.hold_all(), Mode::Matched);
            let settled = next.agrees_with(&terms);
            terms = next;
            let replay = best.take().map_or_else(|| replay.clone(), |best| better(best, replay.clone()));
            let done = is_reproduced(&replay) || settled;
            best = Some(replay);
            if done {
                break;
            }
        }
        (best.unwrap_or_else(|| exact.clone()), terms)
    }

    /// The best replay that holds to the essence alone; `None` if the trace has none, or the program none of its events.
    fn hold_essence(&self, terms: &Terms<'a>) -> Option<Replay> {
        let pairs: Option<Vec<(usize, usize)>> = terms.essence().into_iter().collect();
        let pairs = pairs.filter(|pairs| !pairs.is_empty())?;
        [Rest::InTurn, Rest::Random { seed: 0 }]
            .into_iter()
            .map(|rest| self.hold(terms.hold(pairs.clone(), rest), Mode::Essence).0)
            .reduce(better)
    }

    /// Runs the program once and judges it by what it did.
    fn hold(&self, held: Held, mode: Mode) -> (Replay, Terms<'a>) {
        let planned = planned::run_on(self.on, held.plan.clone(), self.program, &self.config);
        let terms = Terms::new(self.trace, planned.events.clone());
        let verdict = judge(&terms, &held, mode, &planned);
        (Replay { verdict, mode, events: planned.events, identical: false }, terms)
    }
}

fn judge(terms: &Terms<'_>, held: &Held, mode: Mode, planned: &Planned) -> Verdict {
    let failure = planned.failure.clone();
    if failure.as_ref().is_some_and(|failure| terms.is_recorded(failure)) {
        return Verdict::Reproduced;
    }
    let difference = match mode {
        Mode::Essence => terms.first_difference_in(held, planned),
        _ => terms.first_difference(held, planned),
    };
    match (difference, failure) {
        (Some(at), failure) => Verdict::Diverged { at: Box::new(at), failure },
        (None, Some(failure)) => Verdict::FailedDifferently(failure),
        (None, None) => Verdict::DidNotFail,
    }
}
