//! Results of locks, as std has them: what was poisoned stays poisoned.

use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// `value`, as std returns it.
#[inline]
pub(crate) fn or_poisoned<V>(value: V, poisoned: bool) -> LockResult<V> {
    if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
}

/// The result of std's lock with `wrap` of what it has.
pub(crate) fn map<G, H>(result: LockResult<G>, wrap: impl FnOnce(G) -> H) -> LockResult<H> {
    match result {
        Ok(guard) => Ok(wrap(guard)),
        Err(poisoned) => Err(PoisonError::new(wrap(poisoned.into_inner()))),
    }
}

/// As [`map`], of an attempt.
pub(crate) fn try_map<G, H>(result: TryLockResult<G>, wrap: impl FnOnce(G) -> H) -> TryLockResult<H> {
    match result {
        Ok(guard) => Ok(wrap(guard)),
        Err(TryLockError::Poisoned(poisoned)) => Err(PoisonError::new(wrap(poisoned.into_inner())).into()),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
    }
}
