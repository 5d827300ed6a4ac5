//! Accesses to a cell that say whether they read or write.

/// Accesses to an `UnsafeCell` that say what they are, which `get` cannot; in either build.
///
/// ```
/// use bohrbug_sync::cell::{Access, UnsafeCell};
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: nobody else has the cell.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// // SAFETY: as above.
/// assert_eq!(cell.with(|value| unsafe { *value }), 2);
/// ```
pub trait Access<T: ?Sized> {
    /// Calls `f` with a pointer to read the value through.
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R;

    /// Calls `f` with a pointer to write the value through.
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R;
}

#[cfg(not(feature = "model"))]
impl<T: ?Sized> Access<T> for std::cell::UnsafeCell<T> {
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.get())
    }

    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.get())
    }
}
