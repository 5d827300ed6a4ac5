//! A depth-first search of which one process explores some subtrees, and of the others the first execution alone.
//!
//! Where subtrees begin depends on nothing but the program, so that every process numbers them alike, and in the order in
//! which one search comes to them. The first execution of each has to be run: it says where the next one begins.

use std::cell::Cell;
use std::rc::Rc;

use bohrbug_sync::control::View;
use bohrbug_trace::TaskId;

use super::{Descriptor, Dfs, Standing, Strategy};

/// Where the search is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spot {
    /// The number of the subtree.
    pub(crate) subtree: u64,
    /// The number of the execution in it.
    pub(crate) number: u64,
    /// Whether any execution came as deep as subtrees begin.
    pub(crate) is_deep: bool,
}

/// The search.
pub(crate) struct Subtrees {
    dfs: Dfs,
    /// Whether the subtree of that number is explored.
    owns: Box<dyn Fn(u64) -> bool>,
    spot: Rc<Cell<Spot>>,
}

impl Subtrees {
    /// One with subtrees below so many decisions; where it is can be seen from outside.
    pub(crate) fn new(cut: usize, owns: impl Fn(u64) -> bool + 'static) -> (Self, Rc<Cell<Spot>>) {
        let spot = Rc::new(Cell::new(Spot::default()));
        (Self { dfs: Dfs::with_subtrees(cut), owns: Box::new(owns), spot: spot.clone() }, spot)
    }
}

impl Strategy for Subtrees {
    fn begin(&mut self, execution: u64) -> bool {
        let spot = self.spot.get();
        if execution > 0 && !(self.owns)(spot.subtree) {
            self.dfs.leave_subtree();
        }
        if !self.dfs.begin(execution) {
            return false;
        }
        let begins = self.dfs.begins_subtree();
        if execution > 0 {
            let next = Spot { subtree: spot.subtree + 1, number: 0, ..spot };
            self.spot.set(if begins { next } else { Spot { number: spot.number + 1, ..spot } });
        }
        true
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.dfs.next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.dfs.choose(view, alternatives)
    }

    fn end(&mut self, view: View<'_>) {
        self.dfs.end(view);
        self.spot.set(Spot { is_deep: self.dfs.has_reached_subtrees(), ..self.spot.get() });
    }

    fn descriptor(&self) -> Descriptor {
        self.dfs.descriptor()
    }

    fn standing(&self) -> Standing {
        Standing { explored: None, ..self.dfs.standing() }
    }
}
