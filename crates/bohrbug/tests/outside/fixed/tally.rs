//! A counter.

use bohrbug_sync::Mutex;

/// A counter.
#[derive(Default)]
pub struct Tally {
    count: Mutex<u32>,
}

impl Tally {
    /// One more.
    pub fn add(&self) {
        *self.count.lock().unwrap() += 1;
    }

    /// How many there were.
    pub fn total(&self) -> u32 {
        *self.count.lock().unwrap()
    }
}
