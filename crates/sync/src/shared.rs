//! `Shared<T>`: state that a reported system left unguarded.

use std::sync::{PoisonError, RwLock};

/// A cell for state that the reported code shares without a lock: safe to use from any thread.
///
/// Each access is one event of its own; two conflicting accesses that nothing orders are a data race.
#[derive(Debug, Default)]
pub struct Shared<T: ?Sized>(RwLock<T>);

impl<T> Shared<T> {
    /// A new cell.
    pub const fn new(value: T) -> Self {
        Self(RwLock::new(value))
    }
}

impl<T: ?Sized> Shared<T> {
    /// Reads the value in one step.
    pub fn read<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the value in one step.
    pub fn write<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Clone> Shared<T> {
    /// A copy of the value.
    pub fn get(&self) -> T {
        self.read(T::clone)
    }

    /// Replaces the value.
    pub fn set(&self, value: T) {
        self.write(|slot| *slot = value);
    }
}
