//! Our own runtime: the execution schedules itself.

use std::ops::ControlFlow;

use bohrbug_sync::control::{Config, Execution, Runtime};

use super::{Ended, Ending, Program};
use crate::session::Session;

/// Runs executions until nothing is left to explore, or the supervisor has seen enough.
pub(crate) fn run(
    mut session: Session,
    config: &Config,
    program: &Program,
    mut supervisor: impl FnMut(Ended<'_>) -> ControlFlow<()>,
) -> Ending {
    let mut execution = Execution::new(Runtime::Native, config.clone());
    execution.set_site(program.site);
    let mut number = 0;
    while session.begin(number) {
        execution.run(&mut session, &*program.run);
        if supervisor(Ended::new(&execution, &mut session)).is_break() {
            return Ending::Stopped;
        }
        number += 1;
    }
    Ending::Complete
}
