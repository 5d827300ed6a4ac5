//! Atomic integers.

use std::fmt;
use std::panic::Location;
use std::sync::atomic as plain;
use std::sync::atomic::Ordering;

use super::access::{self, Exchange, Word, check_failure, check_load, check_store, if_it_fails};
use super::word::{atomic_word, updates};
use crate::ambient::ambient;
use crate::control::small;

macro_rules! atomic_integer {
    ($name:ident, $int:ident, $recorded:ident) => {
        atomic_word! {
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
            $name($int), value => small(u64::from($recorded::from_ne_bytes(value.to_ne_bytes())))
        }

        updates! { $name($int):
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
