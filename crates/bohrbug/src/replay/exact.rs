//! Following a trace step by step.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use bohrbug_sync::control::{Runtime, View};
use bohrbug_trace::{Difference, FailureKind, Outcome, Trace, TraceEvent, first_difference, first_difference_by};

use super::{Mode, Replay, ReplayError, Verdict};
use crate::failure::Failure;
use crate::record;
use crate::rerun::Remote;
use crate::runtime::{Ended, Program, Search};
use crate::search::Searches;
use crate::session::Session;
use crate::strategy::{Follow, SharedFollow, Strategy};
use crate::survive::Ran;
use crate::unknown::FeatureOff;

/// Replays a trace on that runtime, and calls everything that is not the recorded step a divergence.
///
/// On native and shuttle the recorded events are followed one by one. loom takes no schedule: its search, which is
/// deterministic, is run again up to the recorded execution.
///
/// # Errors
///
/// If the trace cannot be replayed on that runtime at all; see [`ReplayError`].
pub fn replay_exactly(trace: &Trace, program: &Program, on: Runtime) -> Result<Replay, ReplayError> {
    replay_with(trace, program, on, |follow| Box::new(follow))
}

/// As [`replay_exactly`], where something stands between the execution and what follows the trace.
pub(super) fn replay_with(
    trace: &Trace,
    program: &Program,
    on: Runtime,
    between: impl FnOnce(SharedFollow) -> Box<dyn Strategy>,
) -> Result<Replay, ReplayError> {
    if trace.ends_process() {
        return elsewhere(trace, program, on);
    }
    if on == Runtime::Loom {
        return on_loom(trace, program);
    }
    if let Some(step) = trace.events.iter().position(|event| event.outcome == Outcome::Stale) {
        if trace.needs_weak_memory() {
            return Err(ReplayError::NeedsWeakMemory { step });
        }
        if on == Runtime::Shuttle {
            return Err(ReplayError::NeedsOwnMemory { step, memory: trace.header.choices.memory.name() });
        }
    }
    let follow = Rc::new(RefCell::new(Follow::new(trace.events.clone())));
    let wanted = {
        let follow = follow.clone();
        move |view: View<'_>| follow.borrow_mut().wanted(view)
    };
    let search = Search::following(on, wanted).ok_or_else(|| FeatureOff::new("this replay", on))?;
    let session = Session::replaying(between(SharedFollow(follow.clone())), program, kind_of(trace));
    let config = record::config(trace);
    let execution = one_execution(0);
    let ran = search.run(session, &config, program, execution.supervisor());
    let (events, mut failure) = execution.result();
    if let Err(message) = ran {
        failure = Some(Failure::new(FailureKind::Runtime, message));
    }
    let difference = follow.borrow().difference().cloned();
    Ok(judge(trace, events, failure, difference, follow.borrow().place()))
}

/// In a process of its own.
fn elsewhere(trace: &Trace, program: &Program, on: Runtime) -> Result<Replay, ReplayError> {
    let remote = Remote::of(trace, program).filter(|_| on == Runtime::Native);
    let remote =
        remote.ok_or_else(|| ReplayError::EndsProcess { kind: kind_of(trace).map_or("", FailureKind::name) })?;
    let Ran { events, failure, .. } =
        remote.follow(&trace.events).map_err(|error| ReplayError::NoProcess { reason: error.to_string() })?;
    let difference = first_difference_by(&trace.events, &events, TraceEvent::is_same_step);
    let place = difference.as_ref().map_or(events.len(), |difference| difference.step.0 as usize);
    Ok(judge(trace, events, failure, difference, place))
}

fn on_loom(trace: &Trace, program: &Program) -> Result<Replay, ReplayError> {
    if trace.header.runtime != bohrbug_trace::Runtime::Loom {
        return Err(ReplayError::NotLooms { strategy: trace.header.strategy.clone() });
    }
    let mut searches = Searches::named(&trace.header.strategy, trace.header.seed)?;
    let config = record::config(trace);
    let execution = one_execution(trace.header.execution.saturating_sub(1));
    while let Some((search, strategy)) = searches.next() {
        // What loom itself says of a failing execution adds nothing to what is seen of it.
        let _ =
            search.run(Session::replaying(strategy, program, kind_of(trace)), &config, program, execution.supervisor());
        if execution.seen() {
            break;
        }
    }
    let (events, failure) = execution.result();
    let difference = first_difference_by(&trace.events, &events, TraceEvent::is_same_step);
    let place = difference.as_ref().map_or(events.len(), |difference| difference.step.0 as usize);
    Ok(judge(trace, events, failure, difference, place))
}

fn kind_of(trace: &Trace) -> Option<FailureKind> {
    trace.header.failure.as_ref().map(|failure| failure.kind)
}

fn judge(
    trace: &Trace,
    events: Vec<TraceEvent>,
    failure: Option<Failure>,
    difference: Option<Difference>,
    place: usize,
) -> Replay {
    let ended_early = || {
        let step = bohrbug_trace::StepIdx(place as u32);
        Difference { step, expected: trace.events.get(place).cloned(), found: None }
    };
    let difference = difference.or_else(|| (place < trace.events.len()).then(ended_early));
    let recorded = trace.header.failure.as_ref().map(|failure| failure.fingerprint.as_str());
    let same = |failure: &Failure| recorded.is_some_and(|recorded| failure.has_fingerprint(recorded));
    let verdict = match (difference, failure) {
        (Some(at), None) if goes_on_instead(trace, &at) => Verdict::DidNotFail,
        (Some(at), failure) => Verdict::Diverged { at: Box::new(at), failure },
        (None, None) => Verdict::DidNotFail,
        (None, Some(failure)) if same(&failure) => Verdict::Reproduced,
        (None, Some(failure)) => Verdict::FailedDifferently(failure),
    };
    let identical = first_difference(&trace.events, &events).is_none();
    Replay { verdict, mode: Mode::Exact, events, identical }
}

/// Whether the recording ended with its failure, and the task that failed there goes on now.
///
/// Any other recording that ends before the program does leaves open what would have come of it: that one diverged.
fn goes_on_instead(trace: &Trace, at: &Difference) -> bool {
    let failed = trace.header.failure.as_ref().and_then(|failure| failure.task.as_ref());
    at.expected.is_none() && at.found.as_ref().is_some_and(|found| Some(&found.task) == failed)
}

/// Looks at the execution of one number and ends the search there.
#[derive(Clone)]
struct OneExecution(Rc<RefCell<Waiting>>);

struct Waiting {
    before: u64,
    seen: Option<(Vec<TraceEvent>, Option<Failure>)>,
}

fn one_execution(number: u64) -> OneExecution {
    OneExecution(Rc::new(RefCell::new(Waiting { before: number, seen: None })))
}

impl OneExecution {
    fn supervisor(&self) -> Box<dyn FnMut(Ended<'_>) -> ControlFlow<()>> {
        let this = self.0.clone();
        Box::new(move |ended| {
            let mut this = this.borrow_mut();
            if this.before > 0 {
                this.before -= 1;
                return ControlFlow::Continue(());
            }
            this.seen = Some((record::events(ended.execution.view()), ended.into_failure()));
            ControlFlow::Break(())
        })
    }

    fn seen(&self) -> bool {
        self.0.borrow().seen.is_some()
    }

    fn result(&self) -> (Vec<TraceEvent>, Option<Failure>) {
        self.0.borrow_mut().seen.take().unwrap_or_default()
    }
}
