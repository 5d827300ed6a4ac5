//! Fewer steps: what nothing of the failure comes of happens later, and so not any more.
//!
//! An execution ends where it fails. A step that the failure does not come of need not have happened by then, and a task
//! need not have gone on after its last block but one. Each is one execution, kept if the failure is and the whole got
//! smaller: a step stays where the scheduler would have to overrule one more task to leave it out.

use bohrbug_sorted::SortedSet;
use bohrbug_trace::{Trace, causes};

use super::State;
use crate::rerun::{Attempt, Schedule};

impl<F: FnMut(&Trace)> State<'_, F> {
    /// Stops tasks earlier; whether that helped once, or the time ran out.
    pub(super) fn stop_one_earlier(&mut self) -> bool {
        let best = self.best.clone();
        earlier(&best).any(|schedule| self.is_out_of_time() || self.is_better(schedule))
    }
}

/// The schedules in which tasks stop earlier.
fn earlier(attempt: &Attempt) -> impl Iterator<Item = Schedule> {
    let superfluous = superfluous(attempt);
    let tasks: SortedSet<&str> = superfluous.iter().map(|&step| attempt.events[step].task.as_str()).collect();
    // All at once, and where that costs a preemption each task for itself.
    let all = (!tasks.is_empty()).then(|| without(attempt, |step| superfluous.contains(&step)));
    let each = tasks.into_iter().map(move |task| {
        let is_of_task = |step: &usize| attempt.events[*step].task == *task;
        without(attempt, |step| is_of_task(&step) && superfluous.contains(&step))
    });
    let schedule = &attempt.schedule;
    let stopped = (1..schedule.blocks.len()).rev().map(move |place| stopped(schedule, place));
    all.into_iter().chain(each).chain(stopped)
}

/// The events that the failure does not come of.
fn superfluous(attempt: &Attempt) -> SortedSet<usize> {
    let events = &attempt.events;
    // A deadlock comes of what each of those did last that wait.
    let last = |task: &str| events.iter().rposition(|event| event.task == task);
    let waiting = attempt.waiting.iter().filter_map(|event| last(&event.task));
    let is_cause = causes(events, waiting.chain(events.len().checked_sub(1)));
    (0..events.len()).filter(|&step| !is_cause[step]).collect()
}

/// The schedule without the decisions for those steps.
fn without(attempt: &Attempt, superfluous: impl Fn(usize) -> bool) -> Schedule {
    let steps = attempt.decided.iter().map(|step| step.0 as usize);
    let kept = steps.filter(|&step| step < attempt.events.len() && !superfluous(step));
    Schedule::new(kept.map(|step| attempt.events[step].task.as_str()), attempt.schedule.values.clone())
}

/// The schedule without that block and all later ones of its task.
fn stopped(schedule: &Schedule, place: usize) -> Schedule {
    let task = &schedule.blocks[place].task;
    let blocks = schedule.blocks.iter().enumerate();
    let kept = blocks.filter(|(other, block)| *other < place || block.task != *task);
    schedule.with_blocks(kept.map(|(_, block)| block.clone()))
}
