//! Uses of a cell that nothing orders and of which nobody knows whether they race.

use std::panic::Location;

use bohrbug_sorted::SortedSet;
use bohrbug_sync::control::View;
use bohrbug_trace::{ObjectId, StepIdx};

use crate::basis::Doubt;
use crate::names::{Names, site};

/// Two places in the code.
type Pair = [&'static Location<'static>; 2];

/// What is to be said, each pair of places once in an exploration.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    /// The pairs that were said.
    said: SortedSet<Pair>,
    new: Vec<Doubt>,
}

impl Doubts {
    /// Notes two uses that nothing orders, if there is an earlier one.
    pub(super) fn pair(&mut self, view: View<'_>, earlier: Option<StepIdx>, later: StepIdx) {
        let Some(earlier) = earlier else { return };
        let events = [earlier, later].map(|step| view.events()[step.0 as usize]);
        let mut pair = events.map(|event| event.site);
        bohrbug_sorted::sort(&mut pair);
        if self.said.insert(pair) {
            let cell = Names::of(view).object(events[1].object).to_owned();
            self.new.push(Doubt::Pointers { cell, places: pair.map(site) });
        }
    }

    /// Notes that a cell is dropped, if there is a use that nothing orders before.
    pub(super) fn drop_beside(&mut self, view: View<'_>, cell: ObjectId, used: Option<StepIdx>) {
        let Some(used) = used else { return };
        let used = view.events()[used.0 as usize].site;
        if self.said.insert([used, view.origin(cell).site]) {
            let names = Names::of(view);
            let (cell, task) = (names.object(cell).to_owned(), names.task(view.current()).to_owned());
            self.new.push(Doubt::Drop { cell, task, used: site(used) });
        }
    }

    /// What is new.
    pub(super) fn take(&mut self) -> Vec<Doubt> {
        std::mem::take(&mut self.new)
    }
}
