//! A schedule as blocks, each of so many steps of one task, and the strategy that follows it.
//!
//! A schedule is a wish: where a task cannot go on its block is given up, and after the last block every task goes on as long
//! as it can. So every change of a schedule is a schedule again, if not always the one that was meant. The representation is
//! that of Jalbert and Sen, "A trace simplification technique for effective debugging of concurrent programs" (FSE 2010).

use std::collections::BTreeMap;

use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::View;
use bohrbug_trace::{Operation, TaskId};
use serde::{Deserialize, Serialize};

use crate::names::Names;
use crate::strategy::Strategy;

/// So many steps of one task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Block {
    pub(crate) task: String,
    pub(crate) steps: usize,
}

/// Who acts when, and what is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) blocks: Vec<Block>,
    /// By task, what its choices come to, in their order; those beyond come to 0.
    pub(crate) values: BTreeMap<String, Vec<u32>>,
}

impl Schedule {
    /// The schedule of these steps, each named by its task.
    pub(crate) fn new<'a>(steps: impl Iterator<Item = &'a str>, values: BTreeMap<String, Vec<u32>>) -> Self {
        let mut schedule = Self { blocks: Vec::new(), values };
        for task in steps {
            schedule.push(task, 1);
        }
        schedule
    }

    /// Adds steps at the end.
    pub(crate) fn push(&mut self, task: &str, steps: usize) {
        match self.blocks.last_mut() {
            Some(last) if last.task == task => last.steps += steps,
            _ => self.blocks.push(Block { task: task.to_owned(), steps }),
        }
    }

    /// The same with other blocks, where neighbours of one task are one block.
    pub(crate) fn with_blocks(&self, blocks: impl IntoIterator<Item = Block>) -> Self {
        let mut schedule = Self { blocks: Vec::new(), values: self.values.clone() };
        for block in blocks {
            schedule.push(&block.task, block.steps);
        }
        schedule
    }
}

/// Follows a schedule.
#[derive(Debug)]
pub(crate) struct Scheduled {
    schedule: Schedule,
    at: usize,
    left: usize,
    names: Names,
    taken: SortedMap<TaskId, usize>,
}

impl Scheduled {
    pub(crate) fn new(schedule: Schedule) -> Self {
        let left = schedule.blocks.first().map_or(0, |block| block.steps);
        let (names, taken) = (Names::default(), SortedMap::new());
        Self { schedule, at: 0, left, names, taken }
    }

    fn wanted(&mut self, view: View<'_>) -> Option<TaskId> {
        self.names.name_tasks(view);
        while let Some(block) = self.schedule.blocks.get(self.at) {
            let task = self.names.find_task(&block.task).filter(|&task| self.left > 0 && view.is_ready(task));
            if task.is_some() {
                self.left -= 1;
                return task;
            }
            self.at += 1;
            self.left = self.schedule.blocks.get(self.at).map_or(0, |block| block.steps);
        }
        None
    }
}

impl Strategy for Scheduled {
    fn begin(&mut self, execution: u64) -> bool {
        *self = Self::new(std::mem::take(&mut self.schedule));
        execution == 0
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.wanted(view).unwrap_or_else(|| usual(view))
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        let nth = self.taken.entry(view.current()).or_default();
        let values = self.schedule.values.get(self.names.task(view.current()));
        let value = values.and_then(|values| values.get(*nth)).copied().unwrap_or(0);
        *nth += 1;
        value.min(alternatives - 1)
    }
}

/// Who acts next where nobody wishes anything: the same task as long as it can and does not give way, then the one after.
pub(crate) fn usual(view: View<'_>) -> TaskId {
    let current = view.current();
    let gives_way = |task| matches!(view.pending(task).operation, Operation::Yield | Operation::Sleep);
    if view.current_is_ready() && (!gives_way(current) || view.ready().len() == 1) {
        return current;
    }
    view.ready().iter().find(|task| *task > current).unwrap_or_else(|| view.ready().nth(0))
}
