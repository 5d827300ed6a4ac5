//! The steps that touched one object, for those that look back from a later one.
//!
//! Mostly the last few say everything, since one of them conflicts with all that came before. A loop that only reads has no
//! such step, and to look at all its steps from each of them would take the square of their number. So what is further
//! back is sorted, when it is first asked for, into groups: of the steps in which one task does the same to the same
//! objects a conflict of the last goes for all, and who comes after the last comes after all.

use std::cell::{Ref, RefCell};

use super::footprint::Footprint;
use super::history::Step;
use super::node::Head;
use super::procs::Proc;

/// So many steps are looked at one by one before the groups are asked for.
pub(super) const FEW: usize = 4;

/// The steps that touched one object.
#[derive(Clone, Debug, Default)]
pub(super) struct Touches {
    /// In their order.
    steps: Vec<usize>,
    groups: RefCell<Groups>,
}

/// The first so many of the steps, in groups.
#[derive(Clone, Debug, Default)]
struct Groups {
    sorted: usize,
    groups: Vec<Group>,
}

/// The steps in which one task does the same.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) proc: Proc,
    pub(super) footprint: Footprint,
    steps: Vec<usize>,
}

impl Touches {
    /// The steps, in their order.
    pub(super) fn steps(&self) -> &[usize] {
        &self.steps
    }

    /// Those before that one.
    pub(super) fn before(&self, step: usize) -> &[usize] {
        before(&self.steps, step)
    }

    /// Adds the step of that number, the last one so far.
    pub(super) fn push(&mut self, step: usize) {
        self.steps.push(step);
    }

    /// Forgets the last step.
    pub(super) fn pop(&mut self) {
        let last = self.steps.pop();
        let Groups { sorted, groups } = self.groups.get_mut();
        if *sorted > self.steps.len() {
            *sorted = self.steps.len();
            groups.retain_mut(|group| {
                group.steps.pop_if(|step| Some(*step) == last);
                !group.steps.is_empty()
            });
        }
    }

    /// All of them, in groups; `all` are the steps of the execution.
    pub(super) fn groups(&self, all: &[Step]) -> Ref<'_, [Group]> {
        // Whoever looks at the groups may ask for them again.
        if self.groups.borrow().sorted < self.steps.len() {
            self.groups.borrow_mut().sort(&self.steps, all);
        }
        Ref::map(self.groups.borrow(), |groups| &*groups.groups)
    }
}

impl Groups {
    fn sort(&mut self, steps: &[usize], all: &[Step]) {
        for &step in &steps[self.sorted..] {
            let Step { head: Head { proc, .. }, footprint, .. } = &all[step];
            match self.groups.iter_mut().find(|group| group.proc == *proc && group.footprint == *footprint) {
                Some(group) => group.steps.push(step),
                None => {
                    self.groups.push(Group { proc: *proc, footprint: footprint.clone(), steps: vec![step] });
                }
            }
        }
        self.sorted = steps.len();
    }
}

impl Group {
    /// The last of its steps.
    pub(super) fn last(&self) -> usize {
        self.steps[self.steps.len() - 1]
    }

    /// Those of its steps that come before that one, in their order.
    pub(super) fn before(&self, step: usize) -> &[usize] {
        before(&self.steps, step)
    }
}

/// Those of the steps, which are in their order, that come before that one.
fn before(steps: &[usize], step: usize) -> &[usize] {
    &steps[..steps.partition_point(|&earlier| earlier < step)]
}
