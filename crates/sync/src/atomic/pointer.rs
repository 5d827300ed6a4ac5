//! The atomic pointer.

use std::fmt;
use std::panic::Location;
use std::sync::atomic as plain;
use std::sync::atomic::Ordering;

use super::access::{self, Exchange, Word, check_failure, check_load, check_store, if_it_fails};
use crate::ambient::ambient;

/// An atomic pointer, as [`std::sync::atomic::AtomicPtr`].
///
/// ```
/// use bohrbug_sync::atomic::{AtomicPtr, Ordering};
///
/// let mut values = [1, 2];
/// let pointer = AtomicPtr::new(&mut values[0]);
/// let second: *mut i32 = &mut values[1];
/// pointer.store(second, Ordering::Release);
/// assert_eq!(pointer.load(Ordering::Acquire), second);
/// ```
#[repr(transparent)]
pub struct AtomicPtr<T>(plain::AtomicPtr<T>);

impl Word for *mut () {
    type Std = plain::AtomicPtr<()>;

    const IS_POINTER: bool = true;

    #[inline]
    fn load(atomic: &Self::Std) -> Self {
        atomic.load(Ordering::SeqCst)
    }

    #[inline]
    fn store(atomic: &Self::Std, value: Self) {
        atomic.store(value, Ordering::SeqCst);
    }

    /// Addresses differ from one process to the next; whether there is one does not.
    #[inline]
    fn recorded(self) -> Option<u64> {
        Some((!self.is_null()).into())
    }

    #[inline]
    fn bits(self) -> u64 {
        self.addr() as u64
    }
}

impl<T> AtomicPtr<T> {
    /// A new atomic.
    #[inline]
    pub const fn new(pointer: *mut T) -> Self {
        Self(plain::AtomicPtr::new(pointer))
    }

    /// The atomic at `pointer`.
    ///
    /// # Safety
    ///
    /// As for [`std::sync::atomic::AtomicPtr::from_ptr`]: aligned, valid for `'a`, and accessed by nothing but atomics
    /// meanwhile.
    #[inline]
    pub const unsafe fn from_ptr<'a>(pointer: *mut *mut T) -> &'a Self {
        // SAFETY: the caller's promise; this type is std's atomic in memory, and that is the pointer in memory.
        unsafe { &*pointer.cast::<Self>() }
    }

    /// The value, which the borrow shows that nobody else has.
    #[inline]
    pub fn get_mut(&mut self) -> &mut *mut T {
        self.0.get_mut()
    }

    /// Consumes the atomic and returns the value.
    #[inline]
    pub const fn into_inner(self) -> *mut T {
        self.0.into_inner()
    }

    /// The address of the value; accesses through it are not seen.
    #[inline]
    pub const fn as_ptr(&self) -> *mut *mut T {
        self.0.as_ptr()
    }

    /// The atomic without the type that it points to.
    #[inline]
    const fn untyped(&self) -> &plain::AtomicPtr<()> {
        // SAFETY: pointers to sized types are alike, and so are std's atomics of them.
        unsafe { &*(&raw const self.0).cast() }
    }

    /// Reads the value.
    ///
    /// # Panics
    ///
    /// If the order is [`Ordering::Release`] or [`Ordering::AcqRel`].
    #[track_caller]
    #[inline]
    pub fn load(&self, order: Ordering) -> *mut T {
        check_load(order);
        match ambient() {
            None => self.0.load(order),
            Some(x) => access::load::<*mut ()>(x, self.untyped(), order, Location::caller()).cast(),
        }
    }

    /// Writes the value.
    ///
    /// # Panics
    ///
    /// If the order is [`Ordering::Acquire`] or [`Ordering::AcqRel`].
    #[track_caller]
    #[inline]
    pub fn store(&self, pointer: *mut T, order: Ordering) {
        check_store(order);
        match ambient() {
            None => self.0.store(pointer, order),
            Some(x) => access::store::<*mut ()>(x, self.untyped(), pointer.cast(), order, Location::caller()),
        }
    }

    /// Replaces the value; returns the old one.
    #[track_caller]
    #[inline]
    pub fn swap(&self, pointer: *mut T, order: Ordering) -> *mut T {
        match ambient() {
            None => self.0.swap(pointer, order),
            Some(x) => {
                let new: *mut () = pointer.cast();
                access::update::<*mut ()>(x, self.untyped(), order, Location::caller(), |_| new).cast()
            }
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
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        check_failure(failure);
        match ambient() {
            None => self.0.compare_exchange(current, new, success, failure),
            Some(x) => {
                let (current, new) = (current.cast(), new.cast());
                let exchange = Exchange { current, new, success, failure, weak: false };
                typed(exchange.perform(x, self.untyped(), Location::caller()))
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
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        check_failure(failure);
        match ambient() {
            None => self.0.compare_exchange_weak(current, new, success, failure),
            Some(x) => {
                let (current, new) = (current.cast(), new.cast());
                let exchange = Exchange { current, new, success, failure, weak: true };
                typed(exchange.perform(x, self.untyped(), Location::caller()))
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
    pub fn fetch_update<F>(&self, set_order: Ordering, fetch_order: Ordering, mut f: F) -> Result<*mut T, *mut T>
    where
        F: FnMut(*mut T) -> Option<*mut T>,
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

    /// As [`fetch_update`](Self::fetch_update), under the name that it has since 1.95.
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
    pub fn try_update(
        &self,
        set_order: Ordering,
        fetch_order: Ordering,
        f: impl FnMut(*mut T) -> Option<*mut T>,
    ) -> Result<*mut T, *mut T> {
        self.fetch_update(set_order, fetch_order, f)
    }

    /// Reads the value and replaces it by what `f` makes of it, again and again until nobody came between; returns the old
    /// value.
    ///
    /// # Panics
    ///
    /// If `fetch_order` is [`Ordering::Release`] or [`Ordering::AcqRel`].
    #[track_caller]
    #[inline]
    pub fn update(&self, set_order: Ordering, fetch_order: Ordering, mut f: impl FnMut(*mut T) -> *mut T) -> *mut T {
        match self.fetch_update(set_order, fetch_order, |value| Some(f(value))) {
            Ok(old) | Err(old) => old,
        }
    }

    /// Writes `new` if the value is `current`; returns the old value.
    #[deprecated(note = "as in std: use `compare_exchange` or `compare_exchange_weak`")]
    #[track_caller]
    #[inline]
    pub fn compare_and_swap(&self, current: *mut T, new: *mut T, order: Ordering) -> *mut T {
        match self.compare_exchange(current, new, order, if_it_fails(order)) {
            Ok(old) | Err(old) => old,
        }
    }
}

/// Declares the read-modify-write methods that take a number. std's own are younger than the oldest supported Rust, so that
/// outside of executions the same is done by exchanges.
macro_rules! arithmetic {
    ($($(#[$doc:meta])* $method:ident($value:ident, $old:ident) => $new:expr;)+) => {
        impl<T> AtomicPtr<T> {
            $(
                $(#[$doc])*
                /// Returns the old value.
                #[track_caller]
                #[inline]
                pub fn $method(&self, $value: usize, order: Ordering) -> *mut T {
                    let change = |$old: *mut T| $new;
                    match ambient() {
                        None => {
                            let changed = self.0.fetch_update(order, if_it_fails(order), |old| Some(change(old)));
                            match changed {
                                Ok(old) | Err(old) => old,
                            }
                        }
                        Some(x) => {
                            let change = |old: *mut ()| change(old.cast()).cast();
                            access::update::<*mut ()>(x, self.untyped(), order, Location::caller(), change).cast()
                        }
                    }
                }
            )+
        }
    };
}

arithmetic! {
    /// Adds so many times the size of `T` to the address, and wraps around on overflow.
    fetch_ptr_add(count, old) => old.wrapping_add(count);
    /// Subtracts so many times the size of `T` from the address, and wraps around on overflow.
    fetch_ptr_sub(count, old) => old.wrapping_sub(count);
    /// Adds so many bytes to the address, and wraps around on overflow.
    fetch_byte_add(bytes, old) => old.wrapping_byte_add(bytes);
    /// Subtracts so many bytes from the address, and wraps around on overflow.
    fetch_byte_sub(bytes, old) => old.wrapping_byte_sub(bytes);
    /// Bitwise "or" of the address.
    fetch_or(bits, old) => old.map_addr(|address| address | bits);
    /// Bitwise "and" of the address.
    fetch_and(bits, old) => old.map_addr(|address| address & bits);
    /// Bitwise "xor" of the address.
    fetch_xor(bits, old) => old.map_addr(|address| address ^ bits);
}

/// The result of an exchange, of the type that it was asked for.
fn typed<T>(result: Result<*mut (), *mut ()>) -> Result<*mut T, *mut T> {
    result.map(<*mut ()>::cast).map_err(<*mut ()>::cast)
}

impl<T> Default for AtomicPtr<T> {
    fn default() -> Self {
        Self::new(std::ptr::null_mut())
    }
}

impl<T> From<*mut T> for AtomicPtr<T> {
    fn from(pointer: *mut T) -> Self {
        Self::new(pointer)
    }
}

impl<T> fmt::Debug for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.0, f)
    }
}
