//! A barrier: how many have arrived, and which round it is.
//!
//! Any one of a round's parties is its leader (std promises no more): here the first to leave.

#[derive(Debug)]
pub(crate) struct Barrier {
    parties: usize,
    arrived: usize,
    /// The round that is filling up.
    round: u64,
    /// The rounds that opened and whose leader has not left yet.
    leaderless: Vec<u64>,
}

impl Barrier {
    pub(crate) const fn new(parties: usize) -> Self {
        Self { parties, arrived: 0, round: 0, leaderless: Vec::new() }
    }

    /// How many make a round.
    pub(crate) const fn parties(&self) -> usize {
        if self.parties == 0 { 1 } else { self.parties }
    }

    /// One more party; returns its round.
    pub(crate) fn arrive(&mut self) -> u64 {
        let round = self.round;
        self.arrived += 1;
        if self.arrived >= self.parties {
            self.arrived = 0;
            self.round += 1;
            self.leaderless.push(round);
        }
        round
    }

    pub(crate) const fn has_opened(&self, round: u64) -> bool {
        self.round > round
    }

    /// A party leaves; whether it is the leader.
    pub(crate) fn leave(&mut self, round: u64) -> bool {
        let found = self.leaderless.iter().position(|&leaderless| leaderless == round);
        found.map(|place| self.leaderless.remove(place)).is_some()
    }
}
