//! Our own runtime: the execution schedules itself.

use bohrbug_sync::control::{Config, Execution, Runtime};

use super::{Ended, Ending, Program, Supervisor};
use crate::session::Session;

pub(super) fn run(mut session: Session, config: &Config, program: &Program, mut supervisor: Supervisor) -> Ending {
    let mut execution = Execution::new(Runtime::Native, config.clone());
    execution.set_site(program.site);
    let mut number = 0;
    while session.begin(number) {
        execution.run(&mut session, &*program.run);
        let failure = session.end(execution.view());
        if supervisor(Ended { execution: &execution, failure, strategy: session.strategy() }).is_break() {
            return Ending::Stopped;
        }
        number += 1;
    }
    Ending::Complete
}
