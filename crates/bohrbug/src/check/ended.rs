//! A check whose process ends in the middle of an execution: in this process, in the one that makes its trace, and in the next
//! run.

use std::io::Write as _;

use bohrbug_trace::Trace;

use super::{Check, command};
use crate::diagnose::diagnose;
use crate::environment::Environment;
use crate::explore::Exploration;
use crate::minimize::Effort;
use crate::report::{self, Kept};
use crate::runtime::Program;
use crate::survive::{self, About, Guard, Leftover};

/// What a failing check spends on a smaller schedule: little enough for a debug build.
pub(super) const MINIMIZING: Effort = Effort { events: 200_000, time: Some(std::time::Duration::from_secs(10)) };

impl Check {
    /// Guards this thread against an end of the process until the guard is dropped. A process that was started to run one
    /// execution of this check, which is the `nth` of its thread, does that, and ends; a trace that an earlier one could not
    /// make is made. `program` is what a trace is of.
    #[track_caller]
    pub(crate) fn guarded(
        &self,
        nth: u32,
        environment: &Environment,
        exploration: &Exploration,
        program: &dyn Fn(&Trace) -> Program,
    ) -> Option<Guard> {
        let about = About { nth, traces: Some(self.directory(environment)), ..exploration.about() };
        if let Some(asked) = survive::asked().filter(|asked| asked.is_of(&self.name, nth)) {
            // What ends this process, too, is not looked into.
            let _guard = asked.is_of_journal().then(|| Guard::begin(about.clone(), None));
            let program = program(&asked.stub());
            asked.carry_out(&program, |trace, progress| {
                let shard = self.in_shard(environment, nth);
                let told = match shard {
                    Some(shard) => self.leave_end(&shard, exploration, &trace, &program),
                    None => self.diagnosed(environment, trace, &program),
                };
                self.tell_of_end(&progress, told);
                false
            });
        }
        let guard = Guard::begin(about.clone(), super::again());
        for leftover in Leftover::all(|left| left.is_of_same(&about)) {
            self.look_at(environment, &leftover, program);
        }
        guard
    }

    /// Tells of the failure whose process has just ended, or is about to.
    fn tell_of_end(&self, progress: &str, (trace, kept): (Trace, Kept)) {
        let text = report::failure(&format!("`{}` ended its process {progress}", self.name), &trace, &kept, command);
        let _ = writeln!(std::io::stderr(), "\n{text}");
    }

    /// The trace minimised, in the place of the one that was just saved.
    #[track_caller]
    fn smaller(&self, environment: &Environment, trace: Trace, kept: Kept, program: &Program) -> (Trace, Kept) {
        let smaller = diagnose(trace.clone(), program, &[], MINIMIZING);
        let kept = kept.replaced(&trace, &smaller, |trace| self.keep(environment, trace));
        (smaller, kept)
    }

    /// A failure that this process has found: saved, then minimised, which another failure may keep from its end.
    #[track_caller]
    pub(super) fn diagnosed(&self, environment: &Environment, trace: Trace, program: &Program) -> (Trace, Kept) {
        let kept = self.keep(environment, &trace);
        self.smaller(environment, trace, kept, program)
    }

    /// What an earlier process left behind, which could not say anything any more.
    #[track_caller]
    fn look_at(&self, environment: &Environment, leftover: &Leftover, program: &dyn Fn(&Trace) -> Program) {
        let (name, progress) = (&self.name, leftover.progress());
        let program = program(&Trace::new(leftover.about.header(leftover.number)));
        let retold = leftover.retold(&program);
        leftover.discard();
        match retold {
            Ok(Some(trace)) => {
                let headline = format!("an earlier run of `{name}` ended {progress}; that execution fails");
                self.fail_with(environment, &headline, trace, &program);
            }
            Ok(None) => {
                let at = if leftover.was_running { "; the execution that it was at does not fail" } else { "" };
                super::saved::note(&format!("an earlier run of `{name}` was ended from outside, {progress}{at}"));
            }
            Err(error) => super::saved::note(&format!("an earlier run of `{name}` ended {progress}: {error}")),
        }
    }
}
