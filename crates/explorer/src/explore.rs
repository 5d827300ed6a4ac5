//! Exploring a test, and telling what came of it.

use std::time::Duration;

use bohrbug::minimize::Effort;
use bohrbug::report::{Kept, failure};
use bohrbug::shell::quoted;
use bohrbug::{Budget, Exploration, Report, Verdict, diagnose};
use bohrbug_plan::Outcome;

use crate::{Explored, fail};

/// What a failing test spends on a smaller schedule.
const MINIMIZING: Effort = Effort { events: 200_000, time: Some(Duration::from_secs(10)) };

impl Explored {
    pub(crate) fn explore(self) {
        let report = match self.exploration().run(&self.program, |_| ()) {
            Ok(report) => report,
            Err(error) => panic!("{error}"),
        };
        if report.verdict == Verdict::Failed {
            self.report_failure(report);
        }
        self.write(&self.outcome(&report));
        self.succeed();
    }

    fn exploration(&self) -> Exploration {
        let plan = &self.plan;
        let budget = Budget {
            executions: Some(plan.executions),
            events: Some(plan.events),
            time: Some(Duration::from_millis(plan.milliseconds)),
        };
        Exploration { seed: plan.seed, budget, ..Exploration::new(plan.scenario.clone(), plan.strategy.clone()) }
    }

    fn outcome(&self, report: &Report) -> Outcome {
        Outcome {
            test: self.plan.scenario.clone(),
            verdict: report.verdict.name().to_owned(),
            executions: report.executions,
            behaviours: report.behaviours,
            cut: report.cut,
            milliseconds: u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
            ..Outcome::default()
        }
    }

    fn report_failure(&self, mut report: Report) -> ! {
        let mut outcome = self.outcome(&report);
        let headline =
            format!("`{}` failed at execution {} under {}", self.plan.scenario, report.executions, report.strategy);
        let Some(trace) = report.trace.take() else {
            self.write(&outcome);
            eprintln!("{headline}");
            fail();
        };
        let trace = diagnose(trace, &self.program, &[], MINIMIZING);
        outcome.failure = trace.header.failure.as_ref().map(|failure| failure.kind.clone());
        let kept = if outcome.failure.as_deref() == Some("nondeterminism") {
            Kept::Unwanted("a program that behaves differently each time cannot be replayed")
        } else {
            match trace.save_into(&self.plan.traces) {
                Ok(saved) => Kept::Saved(saved),
                Err(error) => Kept::Lost(error),
            }
        };
        if let Kept::Saved(saved) = &kept {
            outcome.trace = Some(saved.path().to_owned());
        }
        self.write(&outcome);
        eprintln!("{}", failure(&headline, &trace, &kept, |path| format!("cargo bohrbug replay {}", quoted(path))));
        fail();
    }
}
