//! A barrier: how many have arrived, and which round it is.
//!
//! Any one of a round's parties is its leader (std promises no more): here the last to arrive, as in std. So it does not
//! matter in which order they leave.

use bohrbug_events::Operation;

use super::model::{Asked, Model, Tasks};
use crate::control::Event;

#[derive(Debug)]
pub(crate) struct Barrier {
    parties: usize,
    arrived: usize,
    /// The round that is filling up.
    round: u64,
}

impl Barrier {
    pub(crate) const fn new(parties: usize) -> Self {
        Self { parties, arrived: 0, round: 0 }
    }

    /// How many make a round.
    pub(crate) const fn parties(&self) -> usize {
        if self.parties == 0 { 1 } else { self.parties }
    }

    /// What the next to arrive will be: its round, and whether it is the leader.
    pub(crate) const fn next(&self) -> (u64, bool) {
        (self.round, self.arrived + 1 >= self.parties)
    }

    const fn arrive(&mut self) {
        if self.next().1 {
            self.arrived = 0;
            self.round += 1;
        } else {
            self.arrived += 1;
        }
    }
}

impl Model for Barrier {
    fn at_first(&self, _: &mut dyn Iterator<Item = &Event>) -> Self {
        Self::new(self.parties)
    }

    fn admits(&self, asked: &Asked<'_>) -> bool {
        self.round > asked.pending.stamp()
    }

    fn apply(&mut self, event: &Event) {
        if event.operation == Operation::Arrive {
            self.arrive();
        }
    }

    /// Who will come is not known.
    fn holders(&self, _: &Asked<'_>) -> Tasks {
        Tasks::new()
    }

    fn owners(&self) -> Tasks {
        Tasks::new()
    }
}
