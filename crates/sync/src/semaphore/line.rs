//! Who waits for permits: the rules of a semaphore without what waits, for real threads and for executions alike.
//!
//! They are tokio's: permits that are not enough for the first in the line are kept for it, and those that come are given to
//! the first until it has all, so that nobody is overtaken and whoever wants many is not starved.

use std::collections::VecDeque;

/// A semaphore's permits, and the line of those who wait for some.
#[derive(Clone, Debug)]
pub(crate) struct Line<W> {
    /// Those that nobody has, and that are kept for nobody.
    permits: usize,
    is_closed: bool,
    /// The earliest first.
    waiting: VecDeque<Waiting<W>>,
    /// Who has got what it waited for, and has not noticed yet.
    granted: Vec<W>,
    /// Who was waiting when the semaphore was closed, and has not noticed yet.
    refused: Vec<Waiting<W>>,
}

/// One who waits for permits.
#[derive(Clone, Copy, Debug)]
struct Waiting<W> {
    who: W,
    /// How many it has got.
    got: usize,
    /// How many more it needs.
    missing: usize,
}

/// What somebody who asks for permits finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Enough,
    TooFew,
    Closed,
}

impl<W> Line<W> {
    pub(crate) const fn new(permits: usize) -> Self {
        Self { permits, is_closed: false, waiting: VecDeque::new(), granted: Vec::new(), refused: Vec::new() }
    }
}

impl<W: Copy + PartialEq> Line<W> {
    /// The permits that can be had now.
    pub(crate) const fn permits(&self) -> usize {
        self.permits
    }

    pub(crate) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// What somebody who asks for so many would find. While others wait no permit is left.
    pub(crate) const fn look(&self, permits: usize) -> Found {
        match self.is_closed {
            true => Found::Closed,
            false if self.permits >= permits => Found::Enough,
            false => Found::TooFew,
        }
    }

    /// Takes so many if they are there.
    pub(crate) fn try_take(&mut self, permits: usize) -> Found {
        let found = self.look(permits);
        if found == Found::Enough {
            self.permits -= permits;
        }
        found
    }

    /// As [`Line::try_take`], and stands in line if there are too few.
    pub(crate) fn take_or_wait(&mut self, who: W, permits: usize) -> Found {
        let found = self.try_take(permits);
        if found == Found::TooFew {
            let got = std::mem::take(&mut self.permits);
            self.waiting.push_back(Waiting { who, got, missing: permits - got });
        }
        found
    }

    /// What came of the wait, if anything has yet.
    pub(crate) fn answer(&self, who: W) -> Option<Found> {
        if self.granted.contains(&who) {
            return Some(Found::Enough);
        }
        self.refused.iter().any(|refused| refused.who == who).then_some(Found::Closed)
    }

    /// Stops waiting. Who has not got all gives back what it has.
    pub(crate) fn leave(&mut self, who: W) {
        self.granted.retain(|granted| *granted != who);
        let waited = self.waiting.iter().position(|waiting| waiting.who == who);
        let refused = self.refused.iter().position(|refused| refused.who == who);
        let left = match (waited, refused) {
            (Some(place), _) => self.waiting.remove(place),
            (None, Some(place)) => Some(self.refused.remove(place)),
            (None, None) => None,
        };
        self.add(left.map_or(0, |left| left.got));
    }

    /// Permits come: for the first in the line, and then for whoever asks.
    pub(crate) fn add(&mut self, mut permits: usize) {
        while let Some(first) = self.waiting.front_mut() {
            let given = permits.min(first.missing);
            first.got += given;
            first.missing -= given;
            permits -= given;
            if first.missing > 0 {
                return;
            }
            self.granted.push(first.who);
            self.waiting.pop_front();
        }
        self.permits += permits;
    }

    /// Removes up to that many permits for good, and returns how many it removed.
    pub(crate) fn forget(&mut self, permits: usize) -> usize {
        let forgotten = permits.min(self.permits);
        self.permits -= forgotten;
        forgotten
    }

    /// From now on nobody gets any who has not yet.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
        self.refused.extend(self.waiting.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_overtakes_the_first() {
        let mut line = Line::new(2);
        assert_eq!(line.take_or_wait('a', 3), Found::TooFew);
        assert_eq!((line.permits(), line.try_take(1)), (0, Found::TooFew), "they are kept for a");
        assert_eq!(line.take_or_wait('b', 1), Found::TooFew);
        line.add(1);
        assert_eq!((line.answer('a'), line.answer('b')), (Some(Found::Enough), None));
        line.add(2);
        assert_eq!((line.answer('b'), line.permits()), (Some(Found::Enough), 1));
    }

    #[test]
    fn who_leaves_the_line_gives_back_what_it_has() {
        let mut line = Line::new(1);
        line.take_or_wait('a', 2);
        line.take_or_wait('b', 1);
        line.leave('a');
        assert_eq!(line.answer('b'), Some(Found::Enough));
        line.leave('b');
        assert_eq!((line.answer('b'), line.permits()), (None, 0), "it has what it waited for");
    }

    #[test]
    fn whoever_waits_when_it_is_closed_is_refused() {
        let mut line = Line::new(1);
        line.take_or_wait('a', 2);
        line.close();
        line.add(1);
        assert_eq!((line.answer('a'), line.permits()), (Some(Found::Closed), 1));
        line.leave('a');
        assert_eq!((line.permits(), line.look(1)), (2, Found::Closed));
    }

    #[test]
    fn none_are_always_there() {
        let mut line = Line::new(0);
        line.take_or_wait('a', 1);
        assert_eq!(line.take_or_wait('b', 0), Found::Enough);
    }
}
