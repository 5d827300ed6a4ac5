//! Fewer context switches by moving blocks of steps: leave one out, join one with another of its task, let the rest run
//! as it likes.
//!
//! The three moves are those of Jalbert and Sen (FSE 2010). Each is one execution, and a move is kept if the failure is
//! and the whole got smaller. It ends where no single move helps, which need not be the smallest there is.

use bohrbug_trace::Trace;

use super::State;
use crate::rerun::Schedule;

impl<F: FnMut(&Trace)> State<'_, F> {
    /// Moves a block; whether that helped, or the time ran out.
    pub(super) fn move_one(&mut self) -> bool {
        let schedule = self.best.schedule.clone();
        // From the end: what comes last has the least to do with what came of it.
        let places = (0..schedule.blocks.len()).rev();
        let mut moves = places.flat_map(|place| {
            [cut(&schedule, place), without(&schedule, place), down(&schedule, place), up(&schedule, place)]
        });
        moves.any(|moved| self.is_out_of_time() || moved.is_some_and(|moved| self.is_better(moved)))
    }
}

/// The schedule ends before this block.
fn cut(schedule: &Schedule, place: usize) -> Option<Schedule> {
    Some(schedule.with_blocks(schedule.blocks[..place].iter().cloned()))
}

/// The block is left out: its steps come when the task runs next.
fn without(schedule: &Schedule, place: usize) -> Option<Schedule> {
    let blocks = schedule.blocks.iter().enumerate();
    Some(schedule.with_blocks(blocks.filter(|(other, _)| *other != place).map(|(_, block)| block.clone())))
}

/// The block moves to the next one of its task.
fn down(schedule: &Schedule, place: usize) -> Option<Schedule> {
    let mut blocks = schedule.blocks.clone();
    let block = blocks.remove(place);
    let next = place + blocks[place..].iter().position(|other| other.task == block.task)?;
    blocks[next].steps += block.steps;
    Some(schedule.with_blocks(blocks))
}

/// The block moves to the one of its task before it.
fn up(schedule: &Schedule, place: usize) -> Option<Schedule> {
    let mut blocks = schedule.blocks.clone();
    let block = blocks.remove(place);
    let last = blocks[..place].iter().rposition(|other| other.task == block.task)?;
    blocks[last].steps += block.steps;
    Some(schedule.with_blocks(blocks))
}
