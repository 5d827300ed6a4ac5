//! What std has had before 1.34 and keeps: initial values for statics, from when `new` was not `const`, and an older hint.

use super::{AtomicBool, AtomicIsize, AtomicUsize};

/// An [`AtomicBool`] of `false`.
#[deprecated(note = "as in std: `new` is a const fn")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it")]
pub const ATOMIC_BOOL_INIT: AtomicBool = AtomicBool::new(false);
/// An [`AtomicIsize`] of 0.
#[deprecated(note = "as in std: `new` is a const fn")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it")]
pub const ATOMIC_ISIZE_INIT: AtomicIsize = AtomicIsize::new(0);
/// An [`AtomicUsize`] of 0.
#[deprecated(note = "as in std: `new` is a const fn")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it")]
pub const ATOMIC_USIZE_INIT: AtomicUsize = AtomicUsize::new(0);

/// As [`spin_loop`](crate::hint::spin_loop).
#[deprecated(note = "as in std: use `hint::spin_loop`")]
#[track_caller]
#[inline]
pub fn spin_loop_hint() {
    crate::hint::spin_loop();
}
