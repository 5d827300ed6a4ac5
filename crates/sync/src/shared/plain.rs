//! The plain build's place of a `Shared`: nothing.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub(super) struct Place;

impl Place {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) fn read<'a, T: ?Sized>(&self, value: &'a RwLock<T>) -> RwLockReadGuard<'a, T> {
        value.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write<'a, T: ?Sized>(&self, value: &'a RwLock<T>) -> RwLockWriteGuard<'a, T> {
        value.write().unwrap_or_else(PoisonError::into_inner)
    }
}
