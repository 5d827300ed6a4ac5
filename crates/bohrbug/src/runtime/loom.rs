//! loom: its search decides. It cannot be asked to stop, so it is unwound at the beginning of an execution, when no
//! thread is under way and no guard is held.

use std::panic::resume_unwind;

use bohrbug_sync::control::{Config, Runtime};

use super::{Ending, Program, Supervisor, foreign};
use crate::session::Session;

/// The most events of an execution: loom cannot schedule fairly what goes on beyond.
const STEP_BOUND: u32 = 5_000;

/// loom counts its own branches, several an event at times.
const BRANCHES_A_STEP: usize = 8;

pub(super) fn run(
    session: Session,
    config: &Config,
    program: &Program,
    supervisor: Supervisor,
) -> Result<Ending, String> {
    let config = Config { step_bound: config.step_bound.min(STEP_BOUND), ..config.clone() };
    foreign::run(Runtime::Loom, session, &config, program, supervisor, || {
        builder(&config).check(|| {
            if !foreign::goes_on() {
                resume_unwind(Box::new(foreign::StopSearch));
            }
            foreign::execute();
        });
    })
}

/// loom's settings, none of them from its environment variables.
fn builder(config: &Config) -> loom::model::Builder {
    let mut builder = loom::model::Builder::new();
    builder.max_threads = loom::MAX_THREADS;
    builder.max_branches = config.step_bound as usize * BRANCHES_A_STEP;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.preemption_bound = None;
    builder.checkpoint_file = None;
    builder.expect_explicit_explore = false;
    builder.location = false;
    builder.log = false;
    builder
}
