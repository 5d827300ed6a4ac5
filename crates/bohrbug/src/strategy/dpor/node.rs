//! One decision of the current path: what was decided, what has been explored instead, and what is still to be.

use bohrbug_sync::control::{Pending, View};
use bohrbug_trace::TaskId;

use super::tree::{Choices, Move, Rest, Tree, without};

/// One decision.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) task: TaskId,
    pub(super) pending: Option<Pending>,
    /// What the step was told to choose; beyond that it chooses 0.
    pub(super) choices: Choices,
    /// What has been explored from here or before, and is still the same.
    pub(super) asleep: Vec<Move>,
    /// How many branches have been explored from here.
    pub(super) explored: u64,
    /// What is still to be explored from here.
    pub(super) siblings: Tree,
    /// What is still to be explored after the step.
    pub(super) then: Tree,
    /// How many objects there were.
    pub(super) objects: u32,
}

impl Node {
    pub(super) fn new(view: Option<View<'_>>, task: TaskId) -> Self {
        Self {
            task,
            pending: view.map(|view| *view.pending(task)),
            choices: Choices::new(),
            asleep: Vec::new(),
            explored: 0,
            siblings: Tree::default(),
            then: Tree::default(),
            objects: view.map_or(0, |view| view.object_count() as u32),
        }
    }

    /// What of the sequence is not known from what sleeps here.
    pub(super) fn not_known(&self, sequence: Vec<Move>) -> Vec<Vec<Move>> {
        let mut left = vec![sequence];
        for step in &self.asleep {
            let rest = left.into_iter().map(|sequence| without(step, sequence));
            left = rest
                .flat_map(|rest| match rest {
                    Rest::Everything(sequence) => vec![sequence],
                    Rest::Variants(variants) => variants,
                })
                .collect();
        }
        left
    }
}
