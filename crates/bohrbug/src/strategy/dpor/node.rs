//! One decision of the current path: what was decided, and what is still to be explored instead.

use std::collections::VecDeque;

use bohrbug_sync::control::{Pending, View};
use bohrbug_trace::TaskId;
use smallvec::SmallVec;

use super::forks::Ticket;
use super::procs::Proc;

/// The numbers chosen within a step, as far as they are given.
pub(super) type Choices = SmallVec<[u32; 2]>;

/// One decision.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) task: TaskId,
    pub(super) pending: Option<Pending>,
    /// What the atomic holds that it announces an operation on.
    pub(super) found: Option<u64>,
    /// What the step was told to choose; beyond that it chooses 0.
    pub(super) choices: Choices,
    pub(super) role: Role,
    /// Whose step was taken here first, when nothing was scheduled, and what it had announced.
    pub(super) first: Proc,
    pub(super) announced: Option<Pending>,
    /// The heads of the schedules that were found to be left here, in the order in which they are explored.
    pub(super) heads: Vec<Head>,
    /// The schedules of the last of these: those that are still to be explored.
    pub(super) waiting: VecDeque<Waiting>,
    /// What sleeps here.
    pub(super) asleep: Asleep,
    /// How many branches have been explored from here.
    pub(super) explored: u64,
}

/// Why a step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Since some step had to be taken.
    Free,
    /// As part of the schedule that begins at the node of number `start`: its head, or one that the head needs.
    Scheduled { start: usize, is_head: bool },
}

/// An event, the same in every execution in which the same happens before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) proc: Proc,
    /// Its place among the steps of its task, from 0.
    pub(super) number: u32,
    /// Tells what happened before it from everything else.
    pub(super) identity: u64,
}

/// Steps that are taken one after the other; the last is the schedule's head, and needs all others.
pub(super) type Schedule = VecDeque<Planned>;

/// A schedule that is still to be explored.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) schedule: Schedule,
    /// What is explored elsewhere, if it is.
    pub(super) ticket: Option<Ticket>,
}

/// A step of a schedule.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) proc: Proc,
    pub(super) choices: Choices,
}

/// The heads that have been explored from an earlier place, until the step has been taken that was first there.
pub(super) type Asleep = SmallVec<[Group; 1]>;

/// The first heads of one node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) node: usize,
    pub(super) heads: usize,
    /// Whose step wakes them.
    pub(super) until: Proc,
}

impl Node {
    pub(super) fn new(view: Option<View<'_>>, task: TaskId, proc: Proc) -> Self {
        let pending = view.map(|view| *view.pending(task));
        Self {
            task,
            pending,
            found: view.zip(pending).and_then(|(view, pending)| view.word(pending.object)),
            announced: pending,
            choices: Choices::new(),
            role: Role::Free,
            first: proc,
            heads: Vec::new(),
            waiting: VecDeque::new(),
            asleep: Asleep::new(),
            explored: 0,
        }
    }

    /// What is chosen in the step of this node next, if it has chosen that, each out of how many; `None` if nothing is left.
    pub(super) fn next_choices(&self, chosen: &[(u32, u32)]) -> Option<Choices> {
        if matches!(self.role, Role::Scheduled { is_head: false, .. }) {
            return None;
        }
        let place = chosen.iter().rposition(|&(chosen, alternatives)| chosen + 1 < alternatives)?;
        let before = chosen[..place].iter().map(|&(chosen, _)| chosen);
        Some(before.chain([chosen[place].0 + 1]).collect())
    }
}
