//! Who runs which executions: their numbers are dealt out in blocks, the smallest first.
//!
//! Some executions only one thread can run, one after the other: those of a search that goes on from what it has seen.
//! That is the *first* worker, which takes whatever has the smaller number, one of those or one that anybody can run. So
//! it helps the others as long as they are behind.
//!
//! Nobody runs far ahead of the execution up to which everything is known: what is found there may never count, and it has
//! to be kept.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How far ahead an execution may be: far enough that nobody waits while one that takes long is run.
pub(super) const AHEAD: u64 = 1 << 16;

/// The most executions of a block: enough that handing it over costs little beside it.
const LONGEST: u64 = 512;

/// A block is this part of the executions before it, so that early ones are short: what is run beyond a failure is run in
/// vain, and that is never much beside what came before.
const PART: u64 = 64;

/// What there is for a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// These executions.
    Block(Range<u64>),
    /// Nothing before more is known.
    Later,
    /// Nothing any more.
    Never,
}

/// The numbers that are still to be dealt out.
#[derive(Debug)]
pub(super) struct Deal {
    /// No execution of this number, or of a greater one, counts.
    end: AtomicU64,
    left: Mutex<Left>,
    changed: Condvar,
}

#[derive(Debug)]
struct Left {
    /// Everything is known of the executions below.
    known: u64,
    /// Nothing is left below of what anybody can run, and of what only the first worker can.
    anybodys: u64,
    firsts: u64,
}

impl Deal {
    /// Deals out the numbers from `begin` up to `end`.
    pub(super) const fn new(begin: u64, end: u64) -> Self {
        let left = Left { known: 0, anybodys: begin, firsts: begin };
        Self { end: AtomicU64::new(end), left: Mutex::new(left), changed: Condvar::new() }
    }

    /// Whether the execution of that number counts, as far as is known.
    pub(super) fn counts(&self, number: u64) -> bool {
        number < self.end.load(Ordering::Relaxed)
    }

    /// What there is for a worker now. `is_in_order` says which executions only the first worker can run.
    pub(super) fn look(&self, is_first: bool, is_in_order: impl Fn(u64) -> bool) -> Next {
        self.next(&mut self.lock(), is_first, &is_in_order)
    }

    /// The next block for a worker that is not the first, after waiting for it if need be; `None` if there will never be
    /// one.
    pub(super) fn take(&self, is_in_order: impl Fn(u64) -> bool) -> Option<Range<u64>> {
        let mut left = self.lock();
        loop {
            match self.next(&mut left, false, &is_in_order) {
                Next::Block(block) => return Some(block),
                Next::Never => return None,
                Next::Later => left = self.changed.wait(left).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn next(&self, left: &mut Left, is_first: bool, is_in_order: &impl Fn(u64) -> bool) -> Next {
        let end = self.end.load(Ordering::Relaxed);
        let limit = end.min(left.known.saturating_add(AHEAD));
        match left.take(limit, is_first, is_in_order) {
            Some(block) => Next::Block(block),
            None if limit == end => Next::Never,
            None => Next::Later,
        }
    }

    /// Everything is known of the executions below.
    pub(super) fn know(&self, below: u64) {
        self.lock().known = below;
        self.changed.notify_all();
    }

    /// No execution of that number, or of a greater one, counts.
    pub(super) fn end_at(&self, number: u64) {
        self.end.fetch_min(number, Ordering::Relaxed);
        // Whoever is about to wait has looked before, or looks after.
        drop(self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Left {
    fn take(&mut self, limit: u64, is_first: bool, is_in_order: &impl Fn(u64) -> bool) -> Option<Range<u64>> {
        while self.anybodys < limit && is_in_order(self.anybodys) {
            self.anybodys += 1;
        }
        while is_first && self.firsts < limit && !is_in_order(self.firsts) {
            self.firsts += 1;
        }
        let next = if is_first && self.firsts < self.anybodys { &mut self.firsts } else { &mut self.anybodys };
        let begin = *next;
        if begin >= limit {
            return None;
        }
        let longest = (begin / PART).clamp(1, LONGEST);
        let all = begin..limit.min(begin + longest);
        let end = all.clone().find(|&number| is_in_order(number) != is_in_order(begin)).unwrap_or(all.end);
        *next = end;
        Some(begin..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every second four.
    fn is_in_order(number: u64) -> bool {
        (number / 4).is_multiple_of(2)
    }

    #[test]
    fn every_number_is_dealt_out_once_and_those_in_order_to_the_first() {
        let deal = Deal::new(10, 10_000);
        let mut dealt = Vec::new();
        for turn in 0.. {
            let is_first = turn % 3 == 0;
            let Next::Block(block) = deal.look(is_first, is_in_order) else { break };
            assert!(is_first || block.clone().all(|number| !is_in_order(number)), "{block:?}");
            dealt.extend(block);
        }
        // Those that only the first can run are left to it.
        while let Next::Block(block) = deal.look(true, is_in_order) {
            dealt.extend(block);
        }
        let in_order: Vec<u64> = dealt.iter().copied().filter(|number| is_in_order(*number)).collect();
        assert!(in_order.is_sorted());
        dealt.sort_unstable();
        assert_eq!(dealt, (10..10_000).collect::<Vec<_>>());
    }

    #[test]
    fn nobody_is_far_ahead() {
        let deal = Deal::new(0, u64::MAX);
        let mut last = 0;
        while last < AHEAD {
            last = deal.take(|_| false).unwrap().end;
        }
        assert_eq!(last, AHEAD);
        assert_eq!(deal.look(true, |_| false), Next::Later);
        deal.know(LONGEST);
        assert_eq!(deal.look(true, |_| false), Next::Block(AHEAD..AHEAD + LONGEST));
        std::thread::scope(|scope| {
            // It waits, now or soon, and is told; without that this test would never end.
            let waits = scope.spawn(|| deal.take(|_| false));
            deal.end_at(AHEAD);
            assert_eq!(waits.join().unwrap(), None);
        });
        assert!(deal.counts(AHEAD - 1) && !deal.counts(AHEAD));
    }

    #[test]
    fn blocks_grow() {
        let deal = Deal::new(0, u64::MAX);
        let blocks: Vec<u64> = std::iter::repeat_with(|| deal.take(|_| false).unwrap())
            .take_while(|block| block.end < AHEAD)
            .map(|block| block.end - block.start)
            .collect();
        assert_eq!((blocks[0], blocks[63], blocks.last().copied()), (1, 1, Some(LONGEST)));
        assert!(blocks.is_sorted());
    }
}
