//! Atomic integers.

use std::fmt;
use std::panic::Location;
use std::sync::atomic as plain;
use std::sync::atomic::Ordering;

use super::access::{self, Exchange, Word, check_failure, check_load, check_store};
use crate::ambient::ambient;
use crate::control::small;

/// Declares one read-modify-write method.
macro_rules! updates {
    ($int:ty: $($(#[$doc:meta])* $name:ident($value:ident, $old:ident) => $new:expr;)+) => {
        $(
            $(#[$doc])*
            /// Returns the old value.
            #[track_caller]
            #[inline]
            pub fn $name(&self, $value: $int, order: Ordering) -> $int {
                match ambient() {
                    None => self.0.$name($value, order),
                    Some(x) => access::update(x, &self.0, order, Location::caller(), |$old: $int| $new),
                }
            }
        )+
    };
}

macro_rules! atomic_integer {
    ($name:ident, $int:ident, $recorded:ident) => {
        #[doc = concat!("An atomic `", stringify!($int), "`, as [`std::sync::atomic::", stringify!($name), "`].")]
        ///
        /// ```
        #[doc = concat!("use bohrbug_sync::atomic::{", stringify!($name), ", Ordering};")]
        ///
        #[doc = concat!("let counter = ", stringify!($name), "::new(5);")]
        /// assert_eq!(counter.fetch_add(2, Ordering::Relaxed), 5);
        /// assert_eq!(counter.compare_exchange(7, 1, Ordering::SeqCst, Ordering::Relaxed), Ok(7));
        /// assert_eq!(counter.load(Ordering::Acquire), 1);
        /// ```
        #[derive(Default)]
        #[repr(transparent)]
        pub struct $name(plain::$name);

        impl Word for $int {
            type Std = plain::$name;

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
                small(u64::from($recorded::from_ne_bytes(self.to_ne_bytes())))
            }
        }

        impl $name {
            /// A new atomic.
            #[inline]
            pub const fn new(value: $int) -> Self {
                Self(plain::$name::new(value))
            }

            /// The atomic at `pointer`.
            ///
            /// # Safety
            ///
            #[doc = concat!("As for [`std::sync::atomic::", stringify!($name), "::from_ptr`]: aligned, valid for `'a`, \
                and accessed by nothing but atomics meanwhile.")]
            #[inline]
            pub const unsafe fn from_ptr<'a>(pointer: *mut $int) -> &'a Self {
                // SAFETY: the caller's promise; this type is std's atomic in memory, and that is the integer in memory.
                unsafe { &*pointer.cast::<Self>() }
            }

            /// The value, which the borrow shows that nobody else has.
            #[inline]
            pub fn get_mut(&mut self) -> &mut $int {
                self.0.get_mut()
            }

            /// Consumes the atomic and returns the value.
            #[inline]
            pub const fn into_inner(self) -> $int {
                self.0.into_inner()
            }

            /// The address of the value; accesses through it are not seen.
            #[inline]
            pub const fn as_ptr(&self) -> *mut $int {
                self.0.as_ptr()
            }

            /// Reads the value.
            ///
            /// # Panics
            ///
            /// If the order is [`Ordering::Release`] or [`Ordering::AcqRel`].
            #[track_caller]
            #[inline]
            pub fn load(&self, order: Ordering) -> $int {
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
            pub fn store(&self, value: $int, order: Ordering) {
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
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
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
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
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
            pub fn fetch_update<F>(&self, set_order: Ordering, fetch_order: Ordering, mut f: F) -> Result<$int, $int>
            where
                F: FnMut($int) -> Option<$int>,
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

            updates! { $int:
                /// Replaces the value.
                swap(value, _old) => value;
                /// Adds, and wraps around on overflow.
                fetch_add(value, old) => old.wrapping_add(value);
                /// Subtracts, and wraps around on overflow.
                fetch_sub(value, old) => old.wrapping_sub(value);
                /// Bitwise "and".
                fetch_and(value, old) => old & value;
                /// Bitwise "nand".
                fetch_nand(value, old) => !(old & value);
                /// Bitwise "or".
                fetch_or(value, old) => old | value;
                /// Bitwise "xor".
                fetch_xor(value, old) => old ^ value;
                /// The greater of the two.
                fetch_max(value, old) => old.max(value);
                /// The lesser of the two.
                fetch_min(value, old) => old.min(value);
            }
        }

        impl From<$int> for $name {
            fn from(value: $int) -> Self {
                Self::new(value)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

atomic_integer!(AtomicI8, i8, u8);
atomic_integer!(AtomicU8, u8, u8);
atomic_integer!(AtomicI16, i16, u16);
atomic_integer!(AtomicU16, u16, u16);
atomic_integer!(AtomicI32, i32, u32);
atomic_integer!(AtomicU32, u32, u32);
#[cfg(target_has_atomic = "64")]
atomic_integer!(AtomicI64, i64, u64);
#[cfg(target_has_atomic = "64")]
atomic_integer!(AtomicU64, u64, u64);
#[cfg(target_pointer_width = "32")]
atomic_integer!(AtomicIsize, isize, u32);
#[cfg(target_pointer_width = "32")]
atomic_integer!(AtomicUsize, usize, u32);
#[cfg(target_pointer_width = "64")]
atomic_integer!(AtomicIsize, isize, u64);
#[cfg(target_pointer_width = "64")]
atomic_integer!(AtomicUsize, usize, u64);
