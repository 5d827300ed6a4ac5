//! A futex: who waits at a word of memory, and who of them has been woken.
//!
//! Linux wakes those of equal priority in the order in which they began to wait, and so is it here. Whoever has been woken waits no
//! more, whether or not it has run since: it cannot time out, and no other wake counts it. Whoever is moved to another word waits
//! there behind those who do already, for the same bits.
//!
//! A requeue changes two words at once, which no event of a [`Model`] can: `control/requeue.rs` has it done, by [`requeue`].
//!
//! Departure: Linux lets those whom it moves keep their place where both words have one bucket of its hash table.

use std::collections::BTreeMap;

use bohrbug_events::{ObjectId, Operation, Outcome, TaskId};
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

    /// Who would be moved by a requeue of up to `most` after it has woken so many.
    fn those_after(&self, woken: u32, most: u32) -> usize {
        self.waiters.len().saturating_sub(woken as usize).min(most as usize)
    }

    /// How many a requeue would wake and move, each up to a number.
    pub(crate) fn count_requeue(&self, most_woken: u32, most_moved: u32) -> (u32, u32) {
        let woken = self.count(most_woken, ALL_BITS);
        (woken, self.those_after(woken, most_moved) as u32)
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
            // To move somebody to where it is changes nothing.
            (Operation::FutexRequeue, _) if !event.other.is_some() => self.wake(count, ALL_BITS),
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

/// Does what a requeue does to two words; those who were moved.
pub(crate) fn requeue(from: &mut Futex, to: &mut Futex, event: &Event) -> Tasks {
    let (woken, moved) = read_counts(event.value().unwrap_or(0));
    from.wake(woken, ALL_BITS);
    let moved = from.those_after(0, moved);
    let moved: SmallVec<[(TaskId, u32); 4]> = from.waiters.drain(..moved).collect();
    to.waiters.extend_from_slice(&moved);
    moved.iter().map(|(task, _)| *task).collect()
}

/// All words at which somebody waits, of an execution in which waiters are moved from one to the other.
#[derive(Debug, Default)]
pub(crate) struct Futexes(BTreeMap<ObjectId, Futex>);

impl Futexes {
    /// Does what the event did; one that is none of a futex's does nothing.
    pub(crate) fn apply(&mut self, event: &Event) {
        match event.operation {
            Operation::FutexRequeue if event.other.is_some() => {
                let mut from = self.0.remove(&event.object).unwrap_or_default();
                requeue(&mut from, self.0.entry(event.other).or_default(), event);
                self.0.insert(event.object, from);
            }
            Operation::FutexWait | Operation::FutexReturn | Operation::FutexWake | Operation::FutexRequeue => {
                self.0.entry(event.object).or_default().apply(event);
            }
            _ => {}
        }
    }

    pub(crate) fn has_woken(&self, task: TaskId) -> bool {
        self.0.values().any(|futex| futex.has_woken(task))
    }
}

/// How many were woken and how many were moved as the value of one event: the first alone, where nobody was moved.
pub(crate) const fn counts(woken: u32, moved: u32) -> u64 {
    (moved as u64) << 32 | woken as u64
}

/// The way back from [`counts`].
const fn read_counts(value: u64) -> (u32, u32) {
    (value as u32, (value >> 32) as u32)
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
    use std::panic::Location;

    use super::*;
    use crate::control::Pending;

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
    fn a_requeue_wakes_the_earliest_and_moves_the_next_for_their_own_bits() {
        let event = |task, operation, to, value| {
            let pending = Pending::new(operation, ObjectId(0), Location::caller()).with_other(to);
            Event::new(TaskId(task), &pending, Outcome::Done, Some(value))
        };
        let mut futexes = Futexes::default();
        for task in 1..=4 {
            futexes.apply(&event(task, Operation::FutexWait, ObjectId(9), value(0, 1 << task)));
        }
        let (from, to) = (&mut Futex::default(), &mut Futex::default());
        std::mem::swap(from, futexes.0.get_mut(&ObjectId(0)).unwrap());
        assert_eq!(from.count_requeue(1, 2), (1, 2));
        let moved = requeue(from, to, &event(0, Operation::FutexRequeue, ObjectId(1), counts(1, 2)));
        assert_eq!(moved.as_slice(), [TaskId(2), TaskId(3)]);
        assert!(from.has_woken(TaskId(1)) && !from.has_woken(TaskId(4)));
        assert_eq!((from.count(9, ALL_BITS), to.count(9, 1 << 3), to.count(9, 1 << 4)), (1, 1, 0));
    }

    #[test]
    fn a_task_is_woken_wherever_it_was_moved_to() {
        let event = |task, operation, object, to, value| {
            let pending = Pending::new(operation, ObjectId(object), Location::caller()).with_other(to);
            Event::new(TaskId(task), &pending, Outcome::Done, Some(value))
        };
        let mut futexes = Futexes::default();
        futexes.apply(&event(1, Operation::FutexWait, 0, ObjectId(9), 0));
        futexes.apply(&event(0, Operation::FutexRequeue, 0, ObjectId(1), counts(0, 1)));
        futexes.apply(&event(0, Operation::FutexWake, 0, ObjectId::NONE, 1));
        assert!(!futexes.has_woken(TaskId(1)));
        futexes.apply(&event(0, Operation::FutexWake, 1, ObjectId::NONE, 1));
        assert!(futexes.has_woken(TaskId(1)));
    }

    #[test]
    fn a_value_leads_back() {
        for pair in [(0, ALL_BITS), (3, 1), (u32::MAX >> 1, 1 << 31)] {
            assert_eq!(read_value(value(pair.0, pair.1)), pair);
        }
    }
}
