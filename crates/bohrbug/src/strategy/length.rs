//! How long the next execution is taken to be, for strategies that spread a few points over one.
//!
//! The length is not given, and no number of executions shows that a longer one will not come. So it is drawn for each
//! execution: three times out of four it is the longest of the first [`LEARNING`] executions, or of as many as there were,
//! and otherwise twice that, four times, and so on, each a quarter as often as the one before. An execution that was cut off at
//! the step bound says nothing of it, unless all were.

use rand::Rng;

use super::generator;

/// How many executions lengths are learned from.
pub(super) const LEARNING: u64 = 16;

/// The most often that a length is doubled.
const MOST_DOUBLINGS: u32 = 20;

/// Tells the numbers that lengths are drawn with from those that everything else is.
const OF_LENGTH: u64 = 0x6C65_6E67_7468;

/// What the first executions have shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Length {
    /// The longest of them, and of those that were cut off.
    whole: usize,
    cut: usize,
}

impl Length {
    /// How long the execution of that number is taken to be; 0 if nothing was learned.
    pub(super) fn draw(&self, seed: u64, execution: u64) -> usize {
        let learned = if self.whole > 0 { self.whole } else { self.cut };
        let drawn: u64 = generator(seed ^ OF_LENGTH, execution).random();
        learned << (drawn.leading_zeros() / 2).min(MOST_DOUBLINGS)
    }

    /// The execution of that number has ended.
    pub(super) fn learn(&mut self, execution: u64, steps: usize, is_cut: bool) {
        if execution < LEARNING {
            let longest = if is_cut { &mut self.cut } else { &mut self.whole };
            *longest = steps.max(*longest);
        }
    }

    /// The longest of the executions that were not cut off.
    pub(super) const fn learned(&self) -> usize {
        self.whole
    }
}
