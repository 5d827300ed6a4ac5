//! shuttle: its schedulers decide, through a wrapper that steps in where they must not.

use std::mem::ManuallyDrop;

use bohrbug_sync::control::{Config, Execution, Runtime, View};
use bohrbug_trace::TaskId as OurTask;
use shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, RoundRobinScheduler, Schedule, Scheduler, Task, TaskId,
    UrwRandomScheduler,
};

use super::{Ending, ForeignSearch, Program, Supervisor, foreign};
use crate::session::Session;

/// Room for a task's stack in bytes: shuttle's default overflows in a debug build of ordinary code.
const STACK_SIZE: usize = 512 * 1024;

pub(super) fn run(
    scheduler: Box<dyn Scheduler>,
    session: Session,
    config: &Config,
    program: &Program,
    supervisor: Supervisor,
) -> Result<Ending, String> {
    foreign::run(Runtime::Shuttle, session, config, program, supervisor, || {
        let mut theirs = shuttle::Config::new();
        theirs.stack_size = STACK_SIZE;
        theirs.failure_persistence = shuttle::FailurePersistence::None;
        // The bound on an execution is ours.
        theirs.max_steps = shuttle::MaxSteps::None;
        theirs.silence_warnings = true;
        shuttle::Runner::new(Wrapper { theirs: scheduler }, theirs).run(foreign::execute);
    })
}

/// The depth for shuttle's PCT: what its documentation suggests.
const PCT_DEPTH: usize = 3;

/// The scheduler of a search on shuttle.
pub(super) fn scheduler(search: ForeignSearch, seed: u64) -> Box<dyn Scheduler> {
    match search {
        ForeignSearch::ShuttleRandom => Box::new(Silent::new(RandomScheduler::new_from_seed(seed, usize::MAX))),
        ForeignSearch::ShuttlePct => Box::new(PctScheduler::new_from_seed(seed, PCT_DEPTH, usize::MAX)),
        ForeignSearch::ShuttleUrw => Box::new(UrwRandomScheduler::new_from_seed(seed, usize::MAX)),
        ForeignSearch::ShuttleDfs => Box::new(DfsScheduler::new(None, true)),
        ForeignSearch::Loom => unreachable!("a bug in bohrbug: loom's search is not shuttle's"),
    }
}

/// A scheduler that asks us.
pub(super) fn following(wanted: impl FnMut(View<'_>) -> Option<OurTask> + 'static) -> Box<dyn Scheduler> {
    Box::new(FollowScheduler { wanted })
}

/// Lets shuttle install its panic hook, with nothing to print, and takes it off again.
pub(crate) fn take_off_hook() {
    let mut config = shuttle::Config::new();
    config.failure_persistence = shuttle::FailurePersistence::None;
    shuttle::Runner::new(RoundRobinScheduler::new(1), config).run(|| ());
    drop(std::panic::take_hook());
}

/// A scheduler of shuttle's, between executions and steps that are ours.
struct Wrapper {
    theirs: Box<dyn Scheduler>,
}

/// shuttle's random scheduler, whose drop would print how to replay the last execution with shuttle, failure or not. It is
/// never dropped; it owns no memory.
struct Silent(ManuallyDrop<RandomScheduler>);

impl Silent {
    const fn new(theirs: RandomScheduler) -> Self {
        Self(ManuallyDrop::new(theirs))
    }
}

impl Scheduler for Silent {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        self.0.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

impl Scheduler for Wrapper {
    fn new_execution(&mut self) -> Option<Schedule> {
        if foreign::goes_on() { self.theirs.new_execution() } else { None }
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        if Execution::with_ambient(|view| view.steers()) == Some(true)
            && let Some(task) = steered(runnable, current)
        {
            return Some(task);
        }
        self.theirs.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.theirs.next_u64()
    }
}

/// Whom the execution, and not shuttle's scheduler, wants to go on.
#[cold]
fn steered(runnable: &[&Task], current: Option<TaskId>) -> Option<TaskId> {
    let stays = Execution::with_ambient(|view| view.take_stay()) == Some(true);
    if !stays {
        return in_turn(runnable, current);
    }
    // The step is part of the one before.
    current.filter(|&current| runnable.iter().any(|task| task.id() == current))
}

/// The runnable task after the current one.
fn in_turn(runnable: &[&Task], current: Option<TaskId>) -> Option<TaskId> {
    let number = |task: TaskId| usize::from(task);
    let current = current.map_or(0, number);
    runnable.iter().map(|task| task.id()).min_by_key(|&task| (number(task) <= current, number(task)))
}

/// Asks somebody of ours who is next on shuttle, whose tasks have the same numbers as ours.
struct FollowScheduler<W> {
    wanted: W,
}

impl<W: FnMut(View<'_>) -> Option<OurTask>> Scheduler for FollowScheduler<W> {
    fn new_execution(&mut self) -> Option<Schedule> {
        Some(Schedule::new(0))
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, _: bool) -> Option<TaskId> {
        let wanted = Execution::with_ambient(|view| (self.wanted)(view)).flatten();
        let is = |task: &&&Task, wanted: usize| usize::from(task.id()) == wanted;
        let found = wanted.and_then(|wanted| runnable.iter().find(|task| is(task, wanted.index())));
        // Beyond the recording a task goes on as long as it can.
        let going_on = || runnable.iter().find(|task| Some(task.id()) == current);
        found.or_else(going_on).map(|task| task.id()).or_else(|| in_turn(runnable, current))
    }

    fn next_u64(&mut self) -> u64 {
        0
    }
}
