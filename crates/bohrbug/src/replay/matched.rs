//! Replaying a trace after edits: by what the recorded events are now, in the recorded order of those that conflict.
//!
//! What a recorded event is now is a guess from an execution of the program as it is now. The first one is that of the
//! exact replay, which goes with the recording as far as the edit lets it. Held to the orders that follow from the guess,
//! the program comes further, and that execution makes the next guess better; until a guess is the same as the one before.
//!
//! What the recording does not know has no place in its order: it is tried late, then early, and then at random.

use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::{Config, Runtime};
use bohrbug_trace::{EventKey, Trace};

use super::terms::{Asked, Terms};
use super::{Mode, Replay, Verdict};
use crate::planned::{self, Planned};
use crate::record;
use crate::runtime::Program;
use crate::strategy::Rest;

/// The most guesses in a row; most edits need two.
const GUESSES: usize = 8;

/// How often the place of what the recording does not know is drawn.
const DRAWS: u64 = 8;

/// Replays a trace whose exact replay has diverged.
pub(super) fn replay(trace: &Trace, program: &Program, on: Runtime, exact: Replay) -> Replay {
    let terms = Terms::new(trace, exact.events.clone());
    let fails =
        matches!(&exact.verdict, Verdict::Diverged { failure: Some(failure), .. } if terms.is_recorded(failure));
    let at_first = Replay { verdict: Verdict::Reproduced, mode: Mode::Matched, ..exact.clone() };
    let mut search = Search { trace, program, on, config: record::config(trace), terms, best: exact };
    search.guess(Rest::Ranked);
    if search.terms.has_unknown() {
        search.guess(Rest::RankedEarly);
        search.draw();
    }
    search.keep_the_essence();
    // The tasks took their turns in the recorded order as far as it went, and that was enough.
    if fails && !search.is_over() { at_first } else { search.best }
}

/// The search for an execution that does what was recorded.
struct Search<'a> {
    trace: &'a Trace,
    program: &'a Program,
    on: Runtime,
    config: Config,
    /// The last guess.
    terms: Terms<'a>,
    best: Replay,
}

impl<'a> Search<'a> {
    fn is_over(&self) -> bool {
        self.best.verdict == Verdict::Reproduced
    }

    /// Guesses and holds to the recorded order of steps, until nothing new comes of it.
    fn guess(&mut self, rest: fn(SortedMap<EventKey, u32>) -> Rest) {
        for _ in 0..GUESSES {
            if self.is_over() {
                return;
            }
            let next = self.hold(self.terms.hold_all(rest(self.terms.ranks())), Mode::Matched);
            let settled = next.agrees_with(&self.terms);
            self.terms = next;
            if settled {
                return;
            }
        }
    }

    /// Holds to the recorded order of what conflicts, and draws the rest.
    fn draw(&mut self) {
        for seed in 0..DRAWS {
            if self.is_over() {
                return;
            }
            self.hold(self.terms.hold_all(Rest::Random { seed }), Mode::Matched);
        }
    }

    /// Holds to the essence alone, if the trace has one and all of its events.
    fn keep_the_essence(&mut self) {
        let pairs: Option<Vec<(usize, usize)>> = self.terms.essence().into_iter().collect();
        let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) else { return };
        for rest in [Rest::InTurn, Rest::Ranked(self.terms.ranks()), Rest::Random { seed: 0 }] {
            if self.is_over() {
                return;
            }
            self.hold(self.terms.hold(pairs.clone(), rest), Mode::Essence);
        }
    }

    /// Runs the program once, and keeps what came of it if that says more than what came before.
    fn hold(&mut self, held: Asked, mode: Mode) -> Terms<'a> {
        let planned = planned::run_on(self.on, held.plan.clone(), self.program, &self.config);
        let terms = Terms::new(self.trace, planned.events.clone());
        let verdict = judge(&terms, &held, mode, &planned);
        if says(&verdict) > says(&self.best.verdict) || self.best.mode == Mode::Exact {
            self.best = Replay { verdict, mode, events: planned.events, identical: false };
        }
        terms
    }
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

fn judge(terms: &Terms<'_>, held: &Asked, mode: Mode, planned: &Planned) -> Verdict {
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
