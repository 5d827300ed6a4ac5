//! A test whose process ends in the middle of an execution: another process of the same test makes the trace.

use bohrbug::survive::asked;
use bohrbug_plan::Outcome;

use crate::Explored;

impl Explored {
    /// The same; but a process that was started for one execution, or for the trace of another process's last one, does that and
    /// ends.
    pub(crate) fn or_as_asked(self) -> Self {
        let Some(asked) = asked() else { return self };
        asked.carry_out(&self.program, |trace, progress| {
            let test = self.plan.scenario.clone();
            let headline = format!("`{test}` ended its process {progress}");
            let executions = trace.header.execution;
            self.tell(
                Outcome { test, verdict: "failed".to_owned(), executions, ..Outcome::default() },
                &headline,
                trace,
            );
            false
        })
    }
}
