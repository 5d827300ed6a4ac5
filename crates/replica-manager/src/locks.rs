//! Lock helpers that go on after a panic elsewhere: Go has no poisoning, and a scenario's own panic is the finding.
//!
//! Go's `RWMutex` lets no new reader in while a writer waits; std leaves that open. It makes no difference here. Whoever
//! holds the server's lock or a replica's for reading waits for nothing but the storage target meanwhile, so a reader
//! kept out by a waiting writer closes no cycle that a held lock does not close. The one read lock that is held across
//! other locks, the gate of `verify-lock`, is taken first, and once, by every task that takes it.
//!
//! Each tells where its caller stands, so that a trace shows the line that takes a lock and not this file.

use bohrbug_sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

#[track_caller]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[track_caller]
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

#[track_caller]
pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
