//! One count: an atomic, whose operations are events in an execution.

use std::panic::Location;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

use crate::ambient::ambient;
use crate::atomic::access::{self, Exchange};

/// A count, and who asks is told where.
#[derive(Debug)]
pub(super) struct Count(AtomicUsize);

type Site = &'static Location<'static>;

/// As many are a leak.
const MOST: usize = isize::MAX as usize;

impl Count {
    pub(super) const fn one() -> Self {
        Self(AtomicUsize::new(1))
    }

    pub(super) fn get(&self, order: Ordering, site: Site) -> usize {
        match ambient() {
            None => self.0.load(order),
            Some(x) => access::load(x, &self.0, order, site),
        }
    }

    pub(super) fn set(&self, number: usize, site: Site) {
        match ambient() {
            None => self.0.store(number, Release),
            Some(x) => access::store(x, &self.0, number, Release, site),
        }
    }

    /// One more.
    pub(super) fn add(&self, site: Site) {
        let before = match ambient() {
            None => self.0.fetch_add(1, Relaxed),
            Some(x) => access::update(x, &self.0, Relaxed, site, |number: usize| number.wrapping_add(1)),
        };
        assert!(before <= MOST, "too many of one Arc");
    }

    /// One less; whether it was the last, in which case all that the others did came before.
    pub(super) fn take(&self, site: Site) -> bool {
        let before = match ambient() {
            None => self.0.fetch_sub(1, Release),
            Some(x) => access::update(x, &self.0, Release, site, |number: usize| number.wrapping_sub(1)),
        };
        if before != 1 {
            return false;
        }
        self.get(Acquire, site);
        true
    }

    /// From one number to another; else the number that it was.
    pub(super) fn change(&self, current: usize, new: usize, success: Ordering, site: Site) -> Result<(), usize> {
        let changed = match ambient() {
            None => self.0.compare_exchange(current, new, success, Relaxed),
            Some(x) => Exchange { current, new, success, failure: Relaxed, weak: false }.perform(x, &self.0, site),
        };
        changed.map(|_| ())
    }
}
