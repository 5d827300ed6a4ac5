//! The atomic `bool`.

use std::fmt;
use std::panic::Location;
use std::sync::atomic as plain;
use std::sync::atomic::Ordering;

use super::access::{self, Exchange, Word, check_failure, check_load, check_store};
use crate::ambient::ambient;

/// An atomic `bool`, as [`std::sync::atomic::AtomicBool`].
///
/// ```
/// use bohrbug_sync::atomic::{AtomicBool, Ordering};
///
/// static STARTED: AtomicBool = AtomicBool::new(false);
/// assert!(!STARTED.swap(true, Ordering::AcqRel));
/// assert!(STARTED.load(Ordering::Acquire));
/// ```
#[derive(Default)]
#[repr(transparent)]
pub struct AtomicBool(plain::AtomicBool);

impl Word for bool {
    type Std = plain::AtomicBool;

    #[inline]
    fn load(atomic: &Self::Std) -> Self {
        atomic.load(Ordering::SeqCst)
    }

    #[inline]
    fn store(atomic: &Self::Std, value: Self) {
        atomic.store(value, Ordering::SeqCst);
    }

    #[inline]
    fn recorded(self) -> Option<u64> {
        Some(self.into())
    }
}

impl AtomicBool {
    /// A new atomic.
    #[inline]
    pub const fn new(value: bool) -> Self {
        Self(plain::AtomicBool::new(value))
    }

    /// The atomic at `pointer`.
    ///
    /// # Safety
    ///
    /// As for [`std::sync::atomic::AtomicBool::from_ptr`]: aligned, valid for `'a`, and accessed by nothing but atomics
    /// meanwhile.
    #[inline]
    pub const unsafe fn from_ptr<'a>(pointer: *mut bool) -> &'a Self {
        // SAFETY: the caller's promise; this type is std's atomic in memory, and that is the bool in memory.
        unsafe { &*pointer.cast::<Self>() }
    }

    /// The value, which the borrow shows that nobody else has.
    #[inline]
    pub fn get_mut(&mut self) -> &mut bool {
        self.0.get_mut()
    }

    /// Consumes the atomic and returns the value.
    #[inline]
    pub const fn into_inner(self) -> bool {
        self.0.into_inner()
    }

    /// The address of the value; accesses through it are not seen.
    #[inline]
    pub const fn as_ptr(&self) -> *mut bool {
        self.0.as_ptr()
    }

    /// Reads the value.
    ///
    /// # Panics
    ///
    /// If the order is [`Ordering::Release`] or [`Ordering::AcqRel`].
    #[track_caller]
    #[inline]
    pub fn load(&self, order: Ordering) -> bool {
        check_load(order);
        match ambient() {
            None => self.0.load(order),
            Some(x) => access::load(x, &self.0, order, Location::caller()),
        }
    }

    /// Writes the value.
    ///
    /// # Panics
    ///
    /// If the order is [`Ordering::Acquire`] or [`Ordering::AcqRel`].
    #[track_caller]
    #[inline]
    pub fn store(&self, value: bool, order: Ordering) {
        check_store(order);
        match ambient() {
            None => self.0.store(value, order),
            Some(x) => access::store(x, &self.0, value, order, Location::caller()),
        }
    }

    /// Writes `new` if the value is `current`.
    ///
    /// # Errors
    ///
    /// The value, if it is another.
    ///
    /// # Panics
    ///
    /// If `failure` is [`Ordering::Release`] or [`Ordering::AcqRel`].
    #[track_caller]
    #[inline]
    pub fn compare_exchange(
        &self,
        current: bool,
        new: bool,
        success: Ordering,
        failure: Ordering,
    ) -> Result<bool, bool> {
        check_failure(failure);
        match ambient() {
            None => self.0.compare_exchange(current, new, success, failure),
            Some(x) => {
                let exchange = Exchange { current, new, success, failure, weak: false };
                exchange.perform(x, &self.0, Location::caller())
            }
        }
    }

    /// Writes `new` if the value is `current`, or fails for no reason.
    ///
    /// # Errors
    ///
    /// The value.
    ///
    /// # Panics
    ///
    /// If `failure` is [`Ordering::Release`] or [`Ordering::AcqRel`].
    #[track_caller]
    #[inline]
    pub fn compare_exchange_weak(
        &self,
        current: bool,
        new: bool,
        success: Ordering,
        failure: Ordering,
    ) -> Result<bool, bool> {
        check_failure(failure);
        match ambient() {
            None => self.0.compare_exchange_weak(current, new, success, failure),
            Some(x) => {
                let exchange = Exchange { current, new, success, failure, weak: true };
                exchange.perform(x, &self.0, Location::caller())
            }
        }
    }

    /// Reads the value and replaces it by what `f` makes of it, again and again until nobody came between.
    ///
    /// # Errors
    ///
    /// The value of which `f` made nothing.
    ///
    /// # Panics
    ///
    /// If `fetch_order` is [`Ordering::Release`] or [`Ordering::AcqRel`].
    #[track_caller]
    #[inline]
    pub fn fetch_update<F>(&self, set_order: Ordering, fetch_order: Ordering, mut f: F) -> Result<bool, bool>
    where
        F: FnMut(bool) -> Option<bool>,
    {
        let mut value = self.load(fetch_order);
        while let Some(next) = f(value) {
            match self.compare_exchange_weak(value, next, set_order, fetch_order) {
                Ok(old) => return Ok(old),
                Err(other) => value = other,
            }
        }
        Err(value)
    }

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

/// Declares the read-modify-write methods that take a value.
macro_rules! updates {
    ($($(#[$doc:meta])* $name:ident($value:ident, $old:ident) => $new:expr;)+) => {
        impl AtomicBool {
            $(
                $(#[$doc])*
                /// Returns the old value.
                #[track_caller]
                #[inline]
                pub fn $name(&self, $value: bool, order: Ordering) -> bool {
                    match ambient() {
                        None => self.0.$name($value, order),
                        Some(x) => access::update(x, &self.0, order, Location::caller(), |$old: bool| $new),
                    }
                }
            )+
        }
    };
}

updates! {
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

impl From<bool> for AtomicBool {
    fn from(value: bool) -> Self {
        Self::new(value)
    }
}

impl fmt::Debug for AtomicBool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
