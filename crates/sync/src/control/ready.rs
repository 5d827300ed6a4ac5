//! The set of tasks whose announced operation can happen now, kept up to date instead of being searched for.

use bohrbug_trace::TaskId;

/// Not a member.
const ABSENT: u32 = u32::MAX;

/// A set of tasks with constant-time insertion, removal and indexing.
///
/// Its order is a function of the execution's history alone, so an index into it means the same when a schedule is
/// repeated.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    members: Vec<TaskId>,
    /// For each task its place in `members`, or [`ABSENT`].
    places: Vec<u32>,
}

impl Ready {
    pub(crate) fn clear(&mut self) {
        self.members.clear();
        self.places.clear();
    }

    /// Makes room for the next task, which is not a member yet.
    pub(crate) fn add_task(&mut self) {
        self.places.push(ABSENT);
    }

    #[inline]
    pub(crate) fn set(&mut self, task: TaskId, member: bool) {
        let place = self.places[task.index()];
        if member == (place != ABSENT) {
            return;
        }
        if member {
            self.places[task.index()] = self.members.len() as u32;
            self.members.push(task);
        } else {
            self.members.swap_remove(place as usize);
            self.places[task.index()] = ABSENT;
            if let Some(&moved) = self.members.get(place as usize) {
                self.places[moved.index()] = place;
            }
        }
    }

    pub(crate) fn contains(&self, task: TaskId) -> bool {
        self.places[task.index()] != ABSENT
    }

    pub(crate) fn members(&self) -> &[TaskId] {
        &self.members
    }
}
