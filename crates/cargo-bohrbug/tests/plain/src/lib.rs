//! Pairs of programs on plain memory: `racy` and `repaired`, of which each test has its own.

/// A pointer that goes to another thread.
pub struct Shared<T>(pub *mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Shared<T> {}

// SAFETY: none: that is what the tests are about.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The pointer, so that a closure takes all of it.
    pub fn get(self) -> *mut T {
        self.0
    }
}
