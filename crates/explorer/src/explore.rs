//! Exploring a test, and telling what came of it.

use std::time::Duration;

use bohrbug::minimize::Effort;
use bohrbug::report::{Kept, failure};
use bohrbug::shell::quoted;
use bohrbug::trace::Trace;
use bohrbug::{Budget, Exception, Exploration, FailureKind, Report, Verdict, diagnose};
use bohrbug_plan::Outcome;

use crate::{Explored, fail};

/// What a failing test spends on a smaller schedule, at the most.
const MINIMIZING: Effort = Effort { events: 200_000, time: Some(Duration::from_secs(10)) };

impl Explored {
    pub(crate) fn explore(self) {
        if let Some(shard) = self.in_shard() {
            return self.explore_part(&shard);
        }
        let report = match self.exploration().run(&self.program, |_| ()) {
            Ok(report) => report,
            Err(error) => panic!("{error}"),
        };
        let mut outcome = self.outcome(&report);
        if outcome.verdict == Verdict::Passed.name() && report.cut == report.executions && !self.has_ended() {
            outcome.verdict = "cut".to_owned();
        }
        let headline =
            format!("`{}` failed at execution {} under {}", self.plan.scenario, report.executions, report.strategy);
        if let Some(found) = report.into_found() {
            self.report_failure(outcome, &headline, found.trace);
        }
        self.write(&outcome);
        self.succeed();
    }

    pub(crate) fn exploration(&self) -> Exploration {
        let plan = &self.plan;
        let mut budget = Budget::default().executions(plan.executions);
        if plan.shard.is_none() {
            budget = budget.events(plan.events).time(Duration::from_millis(plan.milliseconds));
        }
        // A long test is none that does not end.
        let off = [FailureKind::StepBound.name()];
        let blind_to = (!plan.every_access).then_some(Exception::PlainMemory);
        let exploration = Exploration::new(plan.scenario.clone(), plan.strategy.clone()).seed(plan.seed);
        exploration.budget(budget).off(off).blind_to(blind_to)
    }

    fn outcome(&self, report: &Report) -> Outcome {
        Outcome {
            test: self.plan.scenario.clone(),
            verdict: report.conclusion(),
            executions: report.executions,
            behaviours: report.behaviours,
            cut: report.cut,
            milliseconds: u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
            ..Outcome::default()
        }
    }

    fn report_failure(&self, outcome: Outcome, headline: &str, trace: Trace) -> ! {
        self.tell(outcome, headline, trace);
        fail();
    }

    /// The same failure with less.
    pub(crate) fn smaller(&self, trace: Trace) -> Trace {
        // No more than on all of the exploration.
        let effort = Effort { events: MINIMIZING.events.min(self.plan.events), ..MINIMIZING };
        diagnose(trace, &self.program, &[], effort)
    }

    /// Says what has failed, with the trace made smaller and kept. As it was found it is kept before: what makes it smaller runs the
    /// program again, which may end the process, and take longer than whoever waits for it.
    pub(crate) fn tell(&self, mut outcome: Outcome, headline: &str, whole: Trace) {
        let kind = whole.header.failure.as_ref().map(|failure| failure.kind);
        outcome.failure = kind.map(|kind| kind.name().to_owned());
        let shard = self.in_shard();
        let kept = match &shard {
            Some(shard) => self.leave_end(shard, &whole, &whole),
            None => self.keep(&whole),
        };
        self.write_found(&outcome, headline, &whole, &kept);
        let trace = self.smaller(whole.clone());
        let kept = match &shard {
            Some(shard) => self.leave_end(shard, &whole, &trace),
            None => kept.replaced(&whole, &trace, |trace| self.keep(trace)),
        };
        if let Kept::Saved(saved) = &kept {
            outcome.trace = Some(saved.path().to_owned());
        }
        self.write(&outcome);
        self.say(headline, &trace, &kept);
    }

    fn keep(&self, trace: &Trace) -> Kept {
        if trace.header.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Nondeterminism) {
            return Kept::Unwanted("a nondeterministic program cannot be replayed");
        }
        trace.save_into(&self.plan.traces).map_or_else(Kept::Lost, Kept::Saved)
    }

    /// Leaves word of a failure as it was found, for whoever waits for this process.
    pub(crate) fn write_found(&self, outcome: &Outcome, headline: &str, trace: &Trace, kept: &Kept) {
        let path = if let Kept::Saved(saved) = kept { Some(saved.path().to_owned()) } else { None };
        self.write(&Outcome { trace: path, report: Some(self.report(headline, trace, kept)), ..outcome.clone() });
    }

    /// Prints the report of a failure.
    pub(crate) fn say(&self, headline: &str, trace: &Trace, kept: &Kept) {
        eprintln!("{}", self.report(headline, trace, kept));
    }

    fn report(&self, headline: &str, trace: &Trace, kept: &Kept) -> String {
        let switch = if self.plan.every_access { " --every-access" } else { "" };
        failure(headline, trace, kept, |path| format!("cargo bohrbug replay {}{switch}", quoted(path)))
    }
}
