//! A counter that forgets to hold its lock from the reading to the writing.

use bohrbug_sync::Mutex;

/// A counter.
#[derive(Default)]
pub struct Tally {
    count: Mutex<u32>,
}

impl Tally {
    /// One more.
    pub fn add(&self) {
        let count = *self.count.lock().unwrap();
        *self.count.lock().unwrap() = count + 1;
    }

    /// How many there were.
    pub fn total(&self) -> u32 {
        *self.count.lock().unwrap()
    }
}
