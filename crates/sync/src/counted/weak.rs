//! `Weak`.

use std::marker::PhantomData;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use super::strong::{Arc, Inner};

/// The count of `Weak`s while somebody looks at both counts.
pub(super) const LOCKED: usize = usize::MAX;

/// A pointer that keeps no value, as [`std::sync::Weak`]; its counts are events.
///
/// ```
/// use bohrbug_sync::counted::Arc;
///
/// let one = Arc::new(1);
/// let weak = Arc::downgrade(&one);
/// assert_eq!(weak.upgrade().as_deref(), Some(&1));
/// drop(one);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct Weak<T> {
    /// `None` of no family.
    inner: Option<NonNull<Inner<T>>>,
    /// Where this one was made: its end is an event there.
    made: &'static Location<'static>,
    owns: PhantomData<Inner<T>>,
}

// SAFETY: as those of `Arc`.
unsafe impl<T: Send + Sync> Send for Weak<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Weak<T> {}

impl<T> Weak<T> {
    /// One that leads to nothing.
    #[track_caller]
    pub const fn new() -> Self {
        Self { inner: None, made: Location::caller(), owns: PhantomData }
    }

    pub(super) const fn of(inner: NonNull<Inner<T>>, made: &'static Location<'static>) -> Self {
        Self { inner: Some(inner), made, owns: PhantomData }
    }

    fn inner(&self) -> Option<&Inner<T>> {
        // SAFETY: the memory is freed by the last that counts, and this one counts. Of the value, which may be gone, nothing is
        // read.
        self.inner.map(|inner| unsafe { inner.as_ref() })
    }

    /// An `Arc`, if there is one still.
    #[track_caller]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        let site = Location::caller();
        let inner = self.inner()?;
        let mut count = inner.strong.get(Relaxed, site);
        while count != 0 {
            match inner.strong.change(count, count + 1, Acquire, site) {
                Ok(()) => return self.inner.map(|inner| Arc::of(inner, site)),
                Err(now) => count = now,
            }
        }
        None
    }

    /// How many `Arc`s there are.
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        self.inner().map_or(0, |inner| inner.strong.get(Relaxed, Location::caller()))
    }

    /// How many `Weak`s there are, this one included, as long as there is an `Arc`.
    #[track_caller]
    pub fn weak_count(&self) -> usize {
        let site = Location::caller();
        let Some(inner) = self.inner() else { return 0 };
        let weak = inner.weak.get(Acquire, site);
        if inner.strong.get(Relaxed, site) == 0 { 0 } else { weak.wrapping_sub(1) }
    }

    /// Whether both are of one family, or of none.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl<T> Clone for Weak<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let made = Location::caller();
        if let Some(inner) = self.inner() {
            inner.weak.add(made);
        }
        Self { inner: self.inner, made, owns: PhantomData }
    }
}

impl<T> Drop for Weak<T> {
    fn drop(&mut self) {
        let Some(inner) = self.inner else { return };
        // SAFETY: as in `inner`.
        if unsafe { inner.as_ref() }.weak.take(self.made) {
            // SAFETY: it came from a box, and nobody has it any more; the value, which is not dropped with it, is gone.
            drop(unsafe { Box::from_raw(inner.as_ptr()) });
        }
    }
}
