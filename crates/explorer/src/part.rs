//! One shard of a test: its part is explored, and the results are left for `bohrbug merge`.

use bohrbug::report::Kept;
use bohrbug::shard::{InShard, Left, Part, Shard};
use bohrbug::trace::Trace;
use bohrbug_plan::Outcome;

use crate::{Explored, fail};

/// Why the trace of a failure in a shard is nowhere but in its results.
const KEPT: Kept =
    Kept::Unwanted("it is in the results of the shard; `bohrbug merge` keeps that of the campaign's first failure");

impl Explored {
    /// The shard that is to be explored, if it is not everything.
    pub(crate) fn in_shard(&self) -> Option<InShard> {
        let text = self.plan.shard.as_ref()?;
        let shard: Shard = text.parse().unwrap_or_else(|error| panic!("{error}"));
        Some(InShard::new(shard, self.plan.out.clone(), self.plan.place()))
    }

    /// Explores the shard's part; the test fails where that does.
    pub(crate) fn explore_part(self, shard: &InShard) {
        let exploration = self.exploration();
        let left = shard.explore(&exploration, &self.program, |found| {
            let trace = found.trace.clone()?;
            if found.part.failure().is_some() {
                self.write_found(&self.outcome_of(&found.part), &self.headline_of(found, &trace), &trace, &KEPT);
            }
            Some(self.smaller(trace))
        });
        let left = left.unwrap_or_else(|error| panic!("{error}"));
        self.write(&self.outcome_of(&left.part));
        if let Some(trace) = left.trace.as_ref().filter(|_| left.part.failure().is_some()) {
            self.say(&self.headline_of(&left, trace), trace, &KEPT);
            fail();
        }
        self.succeed();
    }

    fn outcome_of(&self, part: &Part) -> Outcome {
        let failure = part.failure().map(|failure| failure.kind.name().to_owned());
        Outcome {
            test: self.plan.scenario.clone(),
            verdict: if failure.is_some() { "failed" } else { "passed" }.to_owned(),
            executions: part.executions(),
            failure,
            ..Outcome::default()
        }
    }

    fn headline_of(&self, left: &Left, trace: &Trace) -> String {
        let (name, execution, strategy) = (&self.plan.scenario, trace.header.execution, &self.plan.strategy);
        let (of, path) = (self.plan.shard.as_deref().unwrap_or_default(), left.path.display());
        format!("`{name}` failed at execution {execution} under {strategy}, in shard {of}; its results: {path}")
    }

    /// Leaves the failure that ends a process of this shard.
    pub(crate) fn leave_end(&self, shard: &InShard, trace: &Trace, smaller: &Trace) -> Kept {
        match shard.ended(&self.exploration(), trace, smaller) {
            Ok(_) => KEPT,
            Err(error) => {
                eprintln!("bohrbug: {error}");
                Kept::Unwanted("the results of the shard could not be written")
            }
        }
    }
}
