//! Replaying a trace of a test.

use bohrbug::report::{Kept, failure};
use bohrbug::trace::Trace;
use bohrbug::{Carrier, ReplayVerdict, Runtime, replay};
use bohrbug_plan::Outcome;

use crate::{Explored, fail};

impl Explored {
    /// Replays as often as was asked for; the test fails where the recorded failure comes.
    pub(crate) fn replay(self) {
        let Some(path) = &self.plan.trace else { return };
        let mut trace = Trace::read(path).unwrap_or_else(|error| panic!("{error}"));
        if self.plan.debug.is_some() {
            trace.header.carrier = Carrier::Threads;
        }
        let mut outcome = Outcome { test: self.plan.scenario.clone(), ..Outcome::default() };
        for time in 1..=self.plan.times.max(1) {
            let replayed = replay(&trace, &self.program, Runtime::Native).unwrap_or_else(|error| panic!("{error}"));
            outcome.executions = time;
            outcome.verdict = replayed.verdict.name().to_owned();
            if replayed.verdict != ReplayVerdict::Reproduced || self.plan.times > 1 && !replayed.identical {
                eprintln!("replay {time}: {:?}", replayed.verdict);
                self.write(&outcome);
                return self.succeed();
            }
        }
        self.write(&outcome);
        let headline = format!("`{}` fails as recorded in {}", self.plan.scenario, path.display());
        eprintln!(
            "{}",
            failure(&headline, &trace, &Kept::Unwanted("it is the one that was replayed"), |_| String::new())
        );
        fail();
    }
}
