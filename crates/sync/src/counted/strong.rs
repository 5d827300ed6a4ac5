//! `Arc`.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, offset_of};
use std::ops::Deref;
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use super::count::Count;
use super::weak::{LOCKED, Weak};

/// What all of one family share.
#[repr(C)]
pub(super) struct Inner<T> {
    /// How many `Arc`s there are.
    pub(super) strong: Count,
    /// How many `Weak`s there are, and one more for all `Arc`s together; [`LOCKED`] while somebody counts both.
    pub(super) weak: Count,
    pub(super) value: ManuallyDrop<T>,
}

/// A pointer that several share, as [`std::sync::Arc`]; its counts are events.
///
/// ```
/// use bohrbug_sync::counted::Arc;
///
/// let mut one = Arc::new(1);
/// *Arc::get_mut(&mut one).unwrap() += 1;
/// assert_eq!((*one, Arc::strong_count(&one)), (2, 1));
/// ```
pub struct Arc<T> {
    inner: NonNull<Inner<T>>,
    /// Where this one was made: its end is an event there.
    made: &'static Location<'static>,
    owns: PhantomData<Inner<T>>,
}

// SAFETY: as std's: who has one may use the value from any thread, and may be the one to drop it.
unsafe impl<T: Send + Sync> Send for Arc<T> {}
// SAFETY: as above, since a shared one can be cloned.
unsafe impl<T: Send + Sync> Sync for Arc<T> {}

impl<T> Arc<T> {
    /// The first of a family.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let inner = Inner { strong: Count::one(), weak: Count::one(), value: ManuallyDrop::new(value) };
        Self::of(NonNull::from(Box::leak(Box::new(inner))), Location::caller())
    }

    pub(super) const fn of(inner: NonNull<Inner<T>>, made: &'static Location<'static>) -> Self {
        Self { inner, made, owns: PhantomData }
    }

    const fn inner(&self) -> &Inner<T> {
        // SAFETY: it is freed by the last that counts, and this one counts.
        unsafe { self.inner.as_ref() }
    }

    /// How many `Arc`s there are.
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        this.inner().strong.get(Relaxed, Location::caller())
    }

    /// How many `Weak`s there are.
    #[track_caller]
    pub fn weak_count(this: &Self) -> usize {
        let count = this.inner().weak.get(Relaxed, Location::caller());
        if count == LOCKED { 0 } else { count - 1 }
    }

    /// Whether both are of one family.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        this.inner == other.inner
    }

    /// Where the value is.
    pub const fn as_ptr(this: &Self) -> *const T {
        // SAFETY: the memory is there as long as this one.
        unsafe { (&raw const (*this.inner.as_ptr()).value).cast() }
    }

    /// The value's place, for [`from_raw`](Self::from_raw): the count stays as it is.
    pub fn into_raw(this: Self) -> *const T {
        Self::as_ptr(&ManuallyDrop::new(this))
    }

    /// An `Arc` again.
    ///
    /// # Safety
    ///
    /// The pointer comes from [`into_raw`](Self::into_raw), and one of the count is this one's.
    #[track_caller]
    pub const unsafe fn from_raw(value: *const T) -> Self {
        // SAFETY: the caller's.
        Self::of(unsafe { inner_of(value) }, Location::caller())
    }

    /// Counts one more, which is nobody's as yet.
    ///
    /// # Safety
    ///
    /// The pointer comes from [`into_raw`](Self::into_raw), and the count is at least one meanwhile.
    #[track_caller]
    pub unsafe fn increment_strong_count(value: *const T) {
        // SAFETY: the caller's. No reference to the whole is made: whether that is there is what may be wrong.
        unsafe { (*inner_of(value).as_ptr()).strong.add(Location::caller()) };
    }

    /// Counts one less, as if an `Arc` were dropped.
    ///
    /// # Safety
    ///
    /// The pointer comes from [`into_raw`](Self::into_raw), and one of the count is nobody's.
    #[track_caller]
    pub unsafe fn decrement_strong_count(value: *const T) {
        // SAFETY: the caller's.
        drop(unsafe { Self::from_raw(value) });
    }

    /// The value, if this is the only `Arc`.
    ///
    /// # Errors
    ///
    /// If it is not: then it comes back.
    #[track_caller]
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        let site = Location::caller();
        if this.inner().strong.change(1, 0, Relaxed, site).is_err() {
            return Err(this);
        }
        this.inner().strong.get(Acquire, site);
        Ok(this.take(site))
    }

    /// The value, if this is the last `Arc`. Of several tasks that ask this at the same time one gets it.
    #[track_caller]
    pub fn into_inner(this: Self) -> Option<T> {
        let site = Location::caller();
        let this = ManuallyDrop::new(this);
        this.inner().strong.take(site).then(|| ManuallyDrop::into_inner(this).take(site))
    }

    /// The value of a family that has no `Arc` any more; this one counts no more.
    fn take(self, site: &'static Location<'static>) -> T {
        let this = ManuallyDrop::new(self);
        let _weak = Weak::of(this.inner, site);
        // SAFETY: the count is 0, so nobody else reads it or drops it.
        unsafe { ptr::read(Self::as_ptr(&this)) }
    }

    /// The value, to be changed, if nobody else has it.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        if !this.is_unique(Location::caller()) {
            return None;
        }
        // SAFETY: it is the only one of the family, and borrowed.
        Some(unsafe { &mut (*this.inner.as_ptr()).value })
    }

    fn is_unique(&self, site: &'static Location<'static>) -> bool {
        // While it is locked nobody makes a `Weak` of one that is about to go.
        if self.inner().weak.change(1, LOCKED, Acquire, site).is_err() {
            return false;
        }
        let is_unique = self.inner().strong.get(Acquire, site) == 1;
        self.inner().weak.set(1, site);
        is_unique
    }

    /// The value, or a clone of it if somebody else has it, too.
    #[track_caller]
    pub fn unwrap_or_clone(this: Self) -> T
    where
        T: Clone,
    {
        Self::try_unwrap(this).unwrap_or_else(|this| (*this).clone())
    }

    /// A `Weak` of the family.
    #[track_caller]
    pub fn downgrade(this: &Self) -> Weak<T> {
        let (weak, site) = (&this.inner().weak, Location::caller());
        let mut count = weak.get(Relaxed, site);
        loop {
            if count == LOCKED {
                crate::hint::spin_loop();
                count = weak.get(Relaxed, site);
                continue;
            }
            match weak.change(count, count + 1, Acquire, site) {
                Ok(()) => return Weak::of(this.inner, site),
                Err(now) => count = now,
            }
        }
    }
}

/// The family that has its value there.
///
/// # Safety
///
/// The pointer comes from [`Arc::into_raw`].
const unsafe fn inner_of<T>(value: *const T) -> NonNull<Inner<T>> {
    // SAFETY: the caller's: so the pointer is that of the field.
    unsafe { NonNull::new_unchecked(value.byte_sub(offset_of!(Inner<T>, value)).cast_mut().cast()) }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().value
    }
}

impl<T> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let site = Location::caller();
        self.inner().strong.add(site);
        Self::of(self.inner, site)
    }
}

impl<T> Drop for Arc<T> {
    fn drop(&mut self) {
        if !self.inner().strong.take(self.made) {
            return;
        }
        // Frees the memory, also if the value's destructor panics.
        let _weak = Weak::of(self.inner, self.made);
        // SAFETY: it was the last, so nobody uses the value or drops it again.
        unsafe { ManuallyDrop::drop(&mut (*self.inner.as_ptr()).value) };
    }
}
