//! A test that ends its process, a crash say: another process like it makes the trace.

use bohrbug::survive::Asked;
use bohrbug_plan::Outcome;

use crate::Explored;

impl Explored {
    /// Does what this process was started for by one of this test that has ended, or is about to, and ends.
    pub(crate) fn carry_out(self, asked: Asked) -> ! {
        asked.carry_out(&self.program, |trace, progress| {
            let outcome = Outcome {
                test: self.plan.scenario.clone(),
                verdict: "failed".to_owned(),
                executions: trace.header.execution,
                ..Outcome::default()
            };
            self.tell(outcome, &format!("`{}` ended its process {progress}", self.plan.scenario), trace);
            true
        })
    }
}
