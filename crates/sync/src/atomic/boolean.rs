//! The atomic `bool`.

use std::fmt;
use std::panic::Location;
use std::sync::atomic as plain;
use std::sync::atomic::Ordering;

use super::access::{self, Exchange, Word, check_failure, check_load, check_store, if_it_fails};
use super::word::{atomic_word, updates};
use crate::ambient::ambient;

atomic_word! {
    /// An atomic `bool`, as [`std::sync::atomic::AtomicBool`].
    ///
    /// ```
    /// use bohrbug_sync::atomic::{AtomicBool, Ordering};
    ///
    /// static STARTED: AtomicBool = AtomicBool::new(false);
    /// assert!(!STARTED.swap(true, Ordering::AcqRel));
    /// assert!(STARTED.load(Ordering::Acquire));
    /// ```
    AtomicBool(bool), value => Some(value.into())
}

updates! { AtomicBool(bool):
    /// Replaces the value.
    swap(value, _old) => value;
    /// Logical "and".
    fetch_and(value, old) => old & value;
    /// Logical "nand".
    fetch_nand(value, old) => !(old & value);
    /// Logical "or".
    fetch_or(value, old) => old | value;
    /// Logical "xor".
    fetch_xor(value, old) => old ^ value;
}

impl AtomicBool {
    /// Inverts the value; returns the old one.
    #[track_caller]
    #[inline]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        match ambient() {
            None => self.0.fetch_not(order),
            Some(x) => access::update(x, &self.0, order, Location::caller(), |old: bool| !old),
        }
    }
}
