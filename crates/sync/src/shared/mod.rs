//! `Shared<T>`: state that a reported system left unguarded.

#[cfg_attr(feature = "model", path = "controlled.rs")]
#[cfg_attr(not(feature = "model"), path = "plain.rs")]
mod place;

use std::fmt;
use std::sync::{RwLock, TryLockError};

use place::Place;
#[cfg(feature = "model")]
pub(crate) use place::access_point;

/// A cell for state that the reported code shares without a lock: safe to use from any thread.
///
/// Each access is one event of its own, and a scheduling point; two conflicting accesses that nothing orders are a data
/// race. An access is one step: its closure should not operate on other primitives.
///
/// ```
/// use bohrbug_sync::Shared;
///
/// static HITS: Shared<u32> = Shared::new(0);
/// // A lost update waits to happen between the two.
/// let hits = HITS.get();
/// HITS.set(hits + 1);
/// assert_eq!(HITS.get(), 1);
/// ```
pub struct Shared<T: ?Sized> {
    place: Place,
    value: RwLock<T>,
}

impl<T> Shared<T> {
    /// A new cell.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self { place: Place::new(), value: RwLock::new(value) }
    }
}

impl<T: ?Sized> Shared<T> {
    /// Reads the value in one step.
    #[track_caller]
    pub fn read<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&self.place.read(&self.value))
    }

    /// Changes the value in one step.
    #[track_caller]
    pub fn write<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.place.write(&self.value))
    }

    #[cfg(feature = "model")]
    pub(crate) fn object(&self, x: crate::control::Ctx) -> bohrbug_events::ObjectId {
        self.place.object(x)
    }
}

impl<T: Clone> Shared<T> {
    /// A copy of the value.
    #[track_caller]
    pub fn get(&self) -> T {
        self.read(T::clone)
    }

    /// Replaces the value.
    #[track_caller]
    pub fn set(&self, value: T) {
        self.write(|slot| *slot = value);
    }
}

impl<T: Default> Default for Shared<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Shared<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Reads the value without an event.
impl<T: ?Sized + fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_tuple("Shared");
        match self.value.try_read() {
            Ok(value) => shown.field(&&*value),
            Err(TryLockError::Poisoned(poisoned)) => shown.field(&&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => shown.field(&format_args!("<in use>")),
        };
        shown.finish()
    }
}
