//! A check as one of several shards: it explores its part, and leaves the results for a merge.

use bohrbug_trace::Trace;

use super::ended::MINIMIZING;
use super::{Check, command, or_panic};
use crate::diagnose::diagnose;
use crate::environment::Environment;
use crate::explore::{Exploration, Report, Verdict};
use crate::report::{self, Kept};
use crate::runtime::Program;
use crate::shard::{InShard, Left, Shard, ShardError, place};

/// Why the trace of a failure in a shard is nowhere but in its results.
const KEPT: Kept =
    Kept::Unwanted("it is in the results of the shard; `bohrbug merge` keeps that of the campaign's first failure");

/// That the variables are incomplete.
const NO_OUT: &str = "BOHRBUG_SHARD needs BOHRBUG_SHARD_OUT, the directory of the results, for `bohrbug merge DIR`; \
    give an absolute path, since Cargo runs tests in the directories of their packages";

impl Check {
    /// The shard that this process is, if the environment says so, of this thread's check of that number, from 1.
    #[track_caller]
    pub(super) fn in_shard(&self, environment: &Environment, nth: u32) -> Option<InShard> {
        let text = environment.shard.as_ref()?;
        let shard = Shard::asked(text, |name| std::env::var(name).ok());
        let shard = or_panic(shard.map_err(|error| match error {
            ShardError::Environment(_) => error.to_string(),
            _ => format!("BOHRBUG_SHARD={text}: {error}"),
        }));
        let out = or_panic(environment.shard_out.as_ref().ok_or(NO_OUT));
        Some(InShard::new(shard, out, place(nth)))
    }

    /// Explores this shard's part, and leaves what came of it; a failure in it ends the check.
    ///
    /// The report is of this part: it is never more than *passed*.
    #[track_caller]
    pub(super) fn run_part(&self, shard: &InShard, exploration: &Exploration, program: &Program) -> Report {
        let smaller = |left: &Left| left.trace.clone().map(|trace| diagnose(trace, program, &[], MINIMIZING));
        let Left { part, trace, path, .. } = or_panic(shard.explore(exploration, program, smaller));
        let (name, strategy, path) = (&self.name, exploration.strategy.name(), path.display());
        let of = shard.shard();
        if let (Some(_), Some(trace)) = (part.failure(), trace) {
            let execution = trace.header.execution;
            let headline = format!(
                "`{name}` failed at execution {execution} under {strategy}, in shard {of}; its results: {path}"
            );
            panic!("{}", report::failure(&headline, &trace, &KEPT, command));
        }
        let executions = part.executions();
        eprintln!(
            "bohrbug: `{name}` did not fail in {executions} executions of shard {of}, which proves nothing yet; its results: {path}"
        );
        let report = or_panic(exploration.merge(&[part]));
        if report.verdict.is_failed() { Report { verdict: Verdict::Passed, ..report } } else { report }
    }

    /// Leaves the failure that has just ended another process of this shard, or is about to end this one.
    pub(super) fn leave_end(
        &self,
        shard: &InShard,
        exploration: &Exploration,
        trace: &Trace,
        program: &Program,
    ) -> (Trace, Kept) {
        // What makes it smaller may not come back.
        let left = shard.ended(exploration, trace, trace);
        let smaller = diagnose(trace.clone(), program, &[], MINIMIZING);
        match left.and_then(|_| shard.ended(exploration, trace, &smaller)) {
            Ok(_) => (smaller, KEPT),
            Err(error) => {
                super::saved::note(&error.to_string());
                (smaller, Kept::Unwanted("the results of the shard could not be written"))
            }
        }
    }
}
