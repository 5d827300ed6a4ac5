//! Exploring one pair of a scenario and a revision, strategy after strategy, until something is known.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bohrbug::{Exploration, FailureKind, Found, Progress, Report, Verdict};
use serde_json::json;

use crate::ended;
use crate::outcome::{Find, Outcome};
use crate::plan::{Phase, Settings, phases};
use crate::recorded::Recorded;
use crate::scenario::{Expectation, Scale};
use crate::select::Pair;
use crate::store::{self, Replayed};

/// Explores the pair and keeps the trace of what fails in `traces`. `progress` is told now and then how far
/// it has come.
///
/// A panic in here would be a bug of ours: it becomes an outcome, so that the other pairs are still explored.
pub fn hunt(pair: Pair, settings: &Settings, traces: &Path, progress: impl Fn(Progress) + Clone + 'static) -> Outcome {
    let hunted = catch_unwind(AssertUnwindSafe(|| explore(pair, settings, traces, progress)));
    hunted.unwrap_or_else(|payload| Outcome { fault: Some(said(&*payload)), ..Outcome::new(pair, settings.seed) })
}

/// What a panic said.
pub(crate) fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Looks, for each pair, for a process that ended while it explored it and had no time to say so. That is done before anything is
/// explored: two pairs that end the process at once would else end it, again and again, while the other's trace is made.
pub(crate) fn look_back(pairs: &[Pair], settings: &Settings, traces: &Path) {
    let Some(ledger) = &settings.ledger else { return };
    for &pair in pairs.iter().filter(|pair| ledger.trace(**pair).is_none()) {
        let scale = pair.scenario.scale(settings.scale);
        let program = pair.scenario.program(pair.revision, scale).started_again_by(ended::again());
        if let Some(phase) = phases(pair.expected, pair.scenario.proof(), settings).first() {
            let mut exploration = exploration(pair, phase, settings);
            // What keeps its traces elsewhere is another hunt's.
            exploration.traces = Some(traces.to_owned());
            ended::look_back(ledger, &exploration, pair, &program, traces);
        }
    }
}

fn explore(pair: Pair, settings: &Settings, traces: &Path, progress: impl Fn(Progress) + Clone + 'static) -> Outcome {
    let scale = pair.scenario.scale(settings.scale);
    let program = pair.scenario.program(pair.revision, scale).started_again_by(ended::again());
    let phases = phases(pair.expected, pair.scenario.proof(), settings);
    if let Some(outcome) = settings.ledger.as_ref().and_then(|ledger| ledger.outcome(pair, settings.seed)) {
        return outcome;
    }
    let mut outcome = Outcome::new(pair, settings.seed);
    for (number, phase) in phases.iter().enumerate() {
        let mut exploration = exploration(pair, phase, settings);
        exploration.workload = workload(scale);
        exploration.traces = Some(traces.to_owned());
        let report = match exploration.run(&program, progress.clone()) {
            Ok(report) => report,
            Err(error) => return Outcome { fault: Some(error.to_string()), ..outcome },
        };
        let is_last = number + 1 == phases.len();
        if is_beyond_the_runtime(&report) && !is_last {
            continue;
        }
        let passed = report.verdict == Verdict::Passed;
        take_in(&mut outcome, report, &phase.strategy, scale, traces);
        if !passed && !goes_on_after(&outcome) {
            break;
        }
    }
    outcome
}

/// Adds what a strategy came to, and keeps the trace of what failed.
pub(crate) fn take_in(outcome: &mut Outcome, report: Report, strategy: &str, scale: Scale, traces: &Path) {
    let pair = outcome.pair;
    outcome.add(&report);
    let seen = report.behaviours.zip(report.unseen);
    let Report { executions, elapsed, .. } = report;
    let Some(Found { failure, mut trace }) = report.into_found() else { return };
    trace.header.workload = workload(scale);
    let replayed = Replayed::once(&trace, &pair.scenario.program(pair.revision, scale));
    let recorded = |trace| Recorded { trace, scenario: pair.scenario, revision: pair.revision };
    let (trace, kept) = store::keep(trace, failure.kind, traces, recorded);
    outcome.only(strategy, executions, elapsed);
    outcome.seen = seen;
    outcome.find = Some(Find { failure, trace, replayed, kept });
}

/// The exploration of the pair in that phase.
pub(crate) fn exploration(pair: Pair, phase: &Phase, settings: &Settings) -> Exploration {
    let mut exploration = Exploration::new(pair.scenario.full_name(), phase.strategy.as_str())
        .revision(Some(pair.revision.to_owned()))
        .seed(settings.seed)
        .budget(phase.budget)
        .off(pair.expected.monitors_off())
        .jobs(settings.jobs)
        .carrier(settings.carrier);
    if let Some(time) = settings.loop_time {
        exploration.loop_time = time;
    }
    exploration
}

/// Whether the strategy's runtime could not follow the program: the next one may be able to.
fn is_beyond_the_runtime(report: &Report) -> bool {
    report.failure().is_some_and(|failure| failure.kind == FailureKind::Runtime)
}

/// An incomplete search that ended without the failure that is expected is no reason to stop.
fn goes_on_after(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::Exhausted && outcome.pair.expected != Expectation::Holds
}

/// The workload as the trace's header has it: only what is not the usual.
pub(crate) fn workload(scale: Scale) -> Option<serde_json::Value> {
    (scale != Scale::Small).then(|| json!({ "scale": scale.name() }))
}

/// The scale of a trace's workload.
pub fn scale_of(trace: &bohrbug::trace::Trace) -> Scale {
    let scale = trace.header.workload.as_ref().and_then(|workload| workload.get("scale"));
    match scale.and_then(|scale| scale.as_str()) {
        Some("full") => Scale::Full,
        Some("smallest") => Scale::Smallest,
        _ => Scale::Small,
    }
}
