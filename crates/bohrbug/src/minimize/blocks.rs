//! Fewer context switches by moving blocks of steps: leave one out, join one with another of its task, let the rest run
//! as it likes.
//!
//! The three moves are those of Jalbert and Sen (FSE 2010). Each is one execution, and a move is kept if the failure is
//! and the whole got smaller. It ends where no single move helps, which need not be the smallest there is.

use bohrbug_trace::Trace;

use super::State;
use crate::rerun::Plan;

impl<F: FnMut(&Trace)> State<'_, F> {
    /// Moves blocks until no move helps.
    pub(super) fn move_blocks(&mut self) {
        while self.move_one() && !self.is_out_of_time() {}
    }

    fn move_one(&mut self) -> bool {
        let plan = self.best.plan.clone();
        // From the end: what comes last has the least to do with what came of it.
        let places = (0..plan.blocks.len()).rev();
        let mut moves = places.flat_map(|place| [cut(&plan, place), without(&plan, place), down(&plan, place), up(&plan, place)]);
        moves.any(|moved| moved.is_some_and(|moved| self.is_better(moved)))
    }
}

/// The plan ends before this block.
fn cut(plan: &Plan, place: usize) -> Option<Plan> {
    Some(plan.with_blocks(plan.blocks[..place].iter().cloned()))
}

/// The block is left out: its steps come when the task runs next.
fn without(plan: &Plan, place: usize) -> Option<Plan> {
    let blocks = plan.blocks.iter().enumerate();
    Some(plan.with_blocks(blocks.filter(|(other, _)| *other != place).map(|(_, block)| block.clone())))
}

/// The block moves to the next one of its task.
fn down(plan: &Plan, place: usize) -> Option<Plan> {
    let mut blocks = plan.blocks.clone();
    let block = blocks.remove(place);
    let next = place + blocks[place..].iter().position(|other| other.task == block.task)?;
    blocks[next].steps += block.steps;
    Some(plan.with_blocks(blocks))
}

/// The block moves to the one of its task before it.
fn up(plan: &Plan, place: usize) -> Option<Plan> {
    let mut blocks = plan.blocks.clone();
    let block = blocks.remove(place);
    let last = blocks[..place].iter().rposition(|other| other.task == block.task)?;
    blocks[last].steps += block.steps;
    Some(plan.with_blocks(blocks))
}
