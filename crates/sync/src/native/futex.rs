//! A futex: who waits at a word of memory, and who of them has been woken.
//!
//! Linux wakes those of equal priority in the order in which they began to wait, and so is it here. Whoever has been woken waits no
//! more, whether or not it has run since: it cannot time out, and no other wake counts it.

use bohrbug_events::{Operation, Outcome, TaskId};
use smallvec::SmallVec;

use super::model::{Asked, Model, Tasks};
use crate::control::Event;

/// Every bit of a set of bits: what a wait is for, and whom a wake is for, where nothing else is said.
pub(crate) const ALL_BITS: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Futex {
    /// The earliest first.
    waiters: SmallVec<[(TaskId, u32); 4]>,
    woken: SmallVec<[TaskId; 4]>,
}

impl Futex {
    /// The task waits for a wake that has one of these bits.
    fn begin_wait(&mut self, task: TaskId, bits: u32) {
        self.waiters.push((task, bits));
    }

    /// How many a wake of up to `most` of those who wait for one of these bits is for.
    pub(crate) fn count(&self, most: u32, bits: u32) -> u32 {
        let awaiting = self.waiters.iter().filter(|(_, awaited)| awaited & bits != 0).count();
        u32::try_from(awaiting).unwrap_or(u32::MAX).min(most)
    }

    /// Wakes up to `most` of those who wait for one of these bits.
    fn wake(&mut self, most: u32, bits: u32) {
        let Self { waiters, woken } = self;
        let mut left = most;
        waiters.retain(|(task, awaited)| {
            let wakes = *awaited & bits != 0 && left > 0;
            if wakes {
                left -= 1;
                woken.push(*task);
            }
            !wakes
        });
    }

    pub(crate) fn has_woken(&self, task: TaskId) -> bool {
        self.woken.contains(&task)
    }

    /// The task stops waiting.
    fn end_wait(&mut self, task: TaskId) {
        self.woken.retain(|woken| *woken != task);
        self.waiters.retain(|(waiter, _)| *waiter != task);
    }
}

impl Model for Futex {
    fn at_first(&self, _: &mut dyn Iterator<Item = &Event>) -> Self {
        Self::default()
    }

    fn admits(&self, asked: &Asked<'_>) -> bool {
        asked.by_itself || self.has_woken(asked.task)
    }

    fn apply(&mut self, event: &Event) {
        let (count, bits) = read_value(event.value().unwrap_or(0));
        match (event.operation, event.outcome) {
            (Operation::FutexWait, Outcome::Done) => self.begin_wait(event.task, bits),
            (Operation::FutexReturn, _) => self.end_wait(event.task),
            (Operation::FutexWake, _) => self.wake(count, bits),
            _ => {}
        }
    }

    /// Who will wake is not known.
    fn holders(&self, _: &Asked<'_>) -> Tasks {
        Tasks::new()
    }

    fn owners(&self) -> Tasks {
        Tasks::new()
    }
}

/// A number and a set of bits as the value of one event: the number alone, where nobody cares about bits.
pub(crate) const fn value(count: u32, bits: u32) -> u64 {
    let bits = if bits == ALL_BITS { 0 } else { bits };
    (bits as u64) << 32 | count as u64
}

/// The way back from [`value`].
const fn read_value(value: u64) -> (u32, u32) {
    let bits = (value >> 32) as u32;
    (value as u32, if bits == 0 { ALL_BITS } else { bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_takes_the_earliest_that_it_is_for() {
        let mut futex = Futex::default();
        for (task, bits) in [(1, 0b01), (2, 0b10), (3, ALL_BITS)] {
            futex.begin_wait(TaskId(task), bits);
        }
        assert_eq!(futex.count(1, 0b10), 1);
        futex.wake(1, 0b10);
        assert!(futex.has_woken(TaskId(2)) && !futex.has_woken(TaskId(1)));
        assert_eq!(futex.count(u32::MAX, ALL_BITS), 2);
        futex.wake(u32::MAX, ALL_BITS);
        assert_eq!(futex.count(1, ALL_BITS), 0, "nobody waits any more");
        assert!(futex.has_woken(TaskId(3)));
        futex.end_wait(TaskId(3));
        assert!(!futex.has_woken(TaskId(3)));
    }

    #[test]
    fn a_value_leads_back() {
        for pair in [(0, ALL_BITS), (3, 1), (u32::MAX >> 1, 1 << 31)] {
            assert_eq!(read_value(value(pair.0, pair.1)), pair);
        }
    }
}
