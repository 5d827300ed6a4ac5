//! Our own runtime: the execution schedules itself.

use std::ops::ControlFlow;

use bohrbug_sync::control::{Carrier, Config, Execution, Runtime, tell_steps_to};

use super::{Ended, Ending, Program};
use crate::debugger;
use crate::session::Session;
use crate::strategy::Strategy;
use crate::survive;

/// Runs executions until nothing is left to explore, or the supervisor has seen enough.
pub(crate) fn run(
    session: Session,
    config: &Config,
    program: &Program,
    supervisor: impl FnMut(Ended<'_>) -> ControlFlow<()>,
) -> Ending {
    NativeRun::new(session, config, program).all(supervisor)
}

/// Executions of one program, one after the other, of whatever numbers are wanted.
pub(crate) struct NativeRun<'a> {
    execution: Box<Execution>,
    session: Session,
    program: &'a Program,
}

impl<'a> NativeRun<'a> {
    pub(crate) fn new(session: Session, config: &Config, program: &'a Program) -> Self {
        Self::within(Execution::new(Runtime::Native, config.clone()), session, program)
    }

    /// In the memory of earlier executions, and with their configuration: most of what it takes to begin is to get memory.
    pub(crate) fn within(mut execution: Box<Execution>, mut session: Session, program: &'a Program) -> Self {
        execution.set_site(program.site);
        session.write_with(survive::pen(execution.config()));
        Self { execution, session, program }
    }

    /// Gives the memory back.
    pub(crate) fn into_execution(self) -> Box<Execution> {
        self.execution
    }

    /// Runs executions until nothing is left to explore, or the supervisor has seen enough.
    pub(crate) fn all(&mut self, mut supervisor: impl FnMut(Ended<'_>) -> ControlFlow<()>) -> Ending {
        for number in 0.. {
            let Some(ended) = self.one(number) else { break };
            if supervisor(ended).is_break() {
                return Ending::Stopped;
            }
        }
        Ending::Complete
    }

    /// Runs the execution of that number; `None` when there is nothing left to explore.
    pub(crate) fn one(&mut self, number: u64) -> Option<Ended<'_>> {
        if !self.session.begin(number) {
            return None;
        }
        match self.execution.config().carrier {
            Carrier::Coroutines => self.execution.run(&mut self.session, &*self.program.run),
            Carrier::Threads => {
                tell_steps_to(debugger::next_step);
                self.execution.run_on_os_threads(&mut self.session, &*self.program.run);
            }
        }
        Some(Ended::new(&self.execution, &mut self.session))
    }

    pub(crate) fn strategy(&self) -> &dyn Strategy {
        self.session.strategy()
    }
}
