//! A barrier: how many have arrived, and which round it is.
//!
//! Any one of a round's parties is its leader (std promises no more): here the last to arrive, as in std. So it does not
//! matter in which order they leave.

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

    /// One more party; its round, and whether it is the leader.
    pub(crate) const fn arrive(&mut self) -> (u64, bool) {
        let round = self.round;
        self.arrived += 1;
        let leads = self.arrived >= self.parties;
        if leads {
            self.arrived = 0;
            self.round += 1;
        }
        (round, leads)
    }

    pub(crate) const fn has_opened(&self, round: u64) -> bool {
        self.round > round
    }
}
