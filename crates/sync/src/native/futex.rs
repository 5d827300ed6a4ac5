//! A futex: who waits at a word of memory, and who of them has been woken.
//!
//! Linux wakes those of equal priority in the order in which they began to wait, and so is it here. Whoever has been woken waits no
//! more, whether or not it has run since: it cannot time out, and no other wake counts it.

use bohrbug_trace::{Operation, TaskId};
use smallvec::SmallVec;

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
    pub(crate) fn begin_wait(&mut self, task: TaskId, bits: u32) {
        self.waiters.push((task, bits));
    }

    /// Wakes up to `most` of those who wait for one of these bits; how many that were.
    pub(crate) fn wake(&mut self, most: u32, bits: u32) -> u32 {
        let Self { waiters, woken } = self;
        let before = woken.len();
        waiters.retain(|(task, awaited)| {
            let wakes = *awaited & bits != 0 && ((woken.len() - before) as u32) < most;
            if wakes {
                woken.push(*task);
            }
            !wakes
        });
        (woken.len() - before) as u32
    }

    pub(crate) fn has_woken(&self, task: TaskId) -> bool {
        self.woken.contains(&task)
    }

    /// The task stops waiting; whether it has been woken.
    pub(crate) fn end_wait(&mut self, task: TaskId) -> bool {
        let was_woken = self.has_woken(task);
        self.woken.retain(|woken| *woken != task);
        self.waiters.retain(|(waiter, _)| *waiter != task);
        was_woken
    }

    /// Does what the event did to it.
    pub(crate) fn play(&mut self, event: &Event) {
        let (count, bits) = read_value(event.value().unwrap_or(0));
        match event.operation {
            Operation::FutexWait if event.outcome == bohrbug_trace::Outcome::Done => self.begin_wait(event.task, bits),
            Operation::FutexReturn => _ = self.end_wait(event.task),
            Operation::FutexWake => _ = self.wake(count, bits),
            _ => {}
        }
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
        assert_eq!(futex.wake(1, 0b10), 1);
        assert!(futex.has_woken(TaskId(2)) && !futex.has_woken(TaskId(1)));
        assert_eq!(futex.wake(u32::MAX, ALL_BITS), 2);
        assert_eq!(futex.wake(1, ALL_BITS), 0, "nobody waits any more");
        assert!(futex.end_wait(TaskId(3)) && !futex.end_wait(TaskId(3)));
    }

    #[test]
    fn a_value_leads_back() {
        for pair in [(0, ALL_BITS), (3, 1), (u32::MAX >> 1, 1 << 31)] {
            assert_eq!(read_value(value(pair.0, pair.1)), pair);
        }
    }
}
