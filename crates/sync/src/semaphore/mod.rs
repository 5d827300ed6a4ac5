//! A semaphore, as `tokio::sync::Semaphore` has it, for threads: std has none.
//!
//! It is fair: whoever waits gets its permits in the order of arrival, many at once or few, and nobody overtakes
//! (`line`). In the plain build, and where nothing explores, it waits on std's condition variable.
//!
//! An acquisition is one event if there are enough permits, or else two: the task stands in line, and has what it waited for.
//! A semaphore that outlives an execution begins the next with the permits that it was made with, open.

#[cfg(feature = "model")]
mod controlled;
mod errors;
pub(crate) mod line;
mod plain;

pub use errors::{AcquireError, AcquireTimeoutError, TryAcquireError};

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::time::Duration;

#[cfg(feature = "model")]
use crate::ambient::ambient;
#[cfg(feature = "model")]
use crate::slot::Slot;
use errors::Refused;
use plain::Plain;

/// A number of permits, of which each task takes as many as it needs and waits if there are too few.
///
/// ```
/// use bohrbug_sync::{Semaphore, thread};
///
/// static CONNECTIONS: Semaphore = Semaphore::new(2);
///
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             let _permit = CONNECTIONS.acquire().unwrap();
///             // At most two are here.
///         });
///     }
/// });
/// assert_eq!(CONNECTIONS.available_permits(), 2);
/// ```
pub struct Semaphore {
    #[cfg(feature = "model")]
    slot: Slot,
    /// What it begins each execution with.
    #[cfg(feature = "model")]
    permits: usize,
    plain: Plain,
}

impl UnwindSafe for Semaphore {}
impl RefUnwindSafe for Semaphore {}

/// Permits of a [`Semaphore`]; dropping this gives them back.
#[must_use = "if unused the permits are given back at once"]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
    /// Where they were acquired: a drop has no place in the code of its own.
    site: &'static Location<'static>,
    /// Whether it stands for nothing: the task took it while it unwound in an execution that was over.
    is_void: bool,
}

impl Semaphore {
    /// The most permits that a semaphore can have.
    pub const MAX_PERMITS: usize = usize::MAX >> 3;

    /// A semaphore with that many permits.
    ///
    /// # Panics
    ///
    /// If they are more than [`Semaphore::MAX_PERMITS`].
    #[track_caller]
    #[must_use]
    pub const fn new(permits: usize) -> Self {
        assert!(permits <= Self::MAX_PERMITS, "a semaphore cannot have more than MAX_PERMITS permits");
        Self {
            #[cfg(feature = "model")]
            slot: Slot::new(),
            #[cfg(feature = "model")]
            permits,
            plain: Plain::new(permits),
        }
    }

    /// Takes one permit, after waiting for it.
    ///
    /// # Errors
    ///
    /// If the semaphore is [closed](Semaphore::close), before or meanwhile.
    #[track_caller]
    pub fn acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.acquire_many(1)
    }

    /// Takes that many permits at once, after waiting for all of them. Permits that are released meanwhile are kept for
    /// it.
    ///
    /// # Errors
    ///
    /// As [`Semaphore::acquire`].
    #[track_caller]
    pub fn acquire_many(&self, permits: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.take(permits, None, Location::caller()).map_err(|_| AcquireError)
    }

    /// As [`Semaphore::acquire_many`], but waits no longer than `timeout`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use bohrbug_sync::{AcquireTimeoutError, Semaphore};
    ///
    /// let semaphore = Semaphore::new(1);
    /// let both = semaphore.acquire_many_timeout(2, Duration::from_millis(1));
    /// assert_eq!(both.unwrap_err(), AcquireTimeoutError::TimedOut);
    /// assert_eq!(semaphore.available_permits(), 1);
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Semaphore::acquire`], or if time runs out.
    #[track_caller]
    pub fn acquire_many_timeout(
        &self,
        permits: u32,
        timeout: Duration,
    ) -> Result<SemaphorePermit<'_>, AcquireTimeoutError> {
        self.take(permits, Some(timeout), Location::caller()).map_err(Into::into)
    }

    /// Takes one permit if there is one.
    ///
    /// # Errors
    ///
    /// If there is none, or the semaphore is closed.
    #[track_caller]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes that many permits if there are enough, and nobody waits.
    ///
    /// # Errors
    ///
    /// If there are fewer, or the semaphore is closed.
    #[track_caller]
    pub fn try_acquire_many(&self, permits: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let (permits, site) = (permits as usize, Location::caller());
        #[cfg(feature = "model")]
        if let Some(x) = ambient() {
            let is_void = controlled::try_take(x, self.object(x), permits, site)?;
            return Ok(self.permit(permits, site, is_void));
        }
        self.assert_uncontrolled();
        self.plain.try_take(permits)?;
        Ok(self.permit(permits, site, false))
    }

    /// Adds permits, first for those who wait. A task need not have acquired any.
    ///
    /// # Panics
    ///
    /// If there would be more than [`Semaphore::MAX_PERMITS`].
    #[track_caller]
    pub fn add_permits(&self, permits: usize) {
        self.give(permits, Location::caller());
    }

    /// Removes up to that many permits for good, and returns how many it removed.
    #[track_caller]
    pub fn forget_permits(&self, permits: usize) -> usize {
        #[cfg(feature = "model")]
        if let Some(x) = ambient() {
            return controlled::forget(x, self.object(x), permits, Location::caller());
        }
        self.assert_uncontrolled();
        self.plain.forget(permits)
    }

    /// How many permits can be had now.
    #[track_caller]
    pub fn available_permits(&self) -> usize {
        #[cfg(feature = "model")]
        if let Some(x) = ambient() {
            return controlled::look(x, self.object(x), Location::caller()).0;
        }
        self.plain.look().0
    }

    /// Refuses permits from now on, also to those who already wait.
    #[track_caller]
    pub fn close(&self) {
        #[cfg(feature = "model")]
        if let Some(x) = ambient() {
            return controlled::close(x, self.object(x), Location::caller());
        }
        self.assert_uncontrolled();
        self.plain.close();
    }

    /// Whether it has been [closed](Semaphore::close).
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        #[cfg(feature = "model")]
        if let Some(x) = ambient() {
            return controlled::look(x, self.object(x), Location::caller()).1;
        }
        self.plain.look().1
    }

    fn take(
        &self,
        permits: u32,
        timeout: Option<Duration>,
        site: &'static Location<'static>,
    ) -> Result<SemaphorePermit<'_>, Refused> {
        let permits = permits as usize;
        #[cfg(feature = "model")]
        if let Some(x) = ambient() {
            let is_void = controlled::take(x, self.object(x), permits, timeout, site)?;
            return Ok(self.permit(permits, site, is_void));
        }
        self.assert_uncontrolled();
        self.plain.take(permits, timeout)?;
        Ok(self.permit(permits, site, false))
    }

    fn give(&self, permits: usize, site: &'static Location<'static>) {
        #[cfg(feature = "model")]
        if let Some(x) = ambient() {
            return controlled::give(x, self.object(x), permits, site);
        }
        let _ = site;
        self.plain.give(permits);
    }

    const fn permit(&self, permits: usize, site: &'static Location<'static>, is_void: bool) -> SemaphorePermit<'_> {
        SemaphorePermit { semaphore: self, permits, site, is_void }
    }

    fn assert_uncontrolled(&self) {
        #[cfg(feature = "model")]
        self.slot.assert_uncontrolled();
    }
}

impl<'a> SemaphorePermit<'a> {
    /// How many permits it stands for.
    #[must_use]
    pub const fn num_permits(&self) -> usize {
        self.permits
    }

    /// Keeps the permits for good: the semaphore has that many fewer.
    pub fn forget(mut self) {
        self.permits = 0;
    }

    /// Takes the permits of another one, of the same semaphore.
    ///
    /// # Panics
    ///
    /// If it is of another semaphore.
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(std::ptr::eq(self.semaphore, other.semaphore), "merging permits of different semaphores");
        self.permits += std::mem::take(&mut other.permits);
    }

    /// Splits off that many of them; `None` if there are fewer.
    ///
    /// ```
    /// use bohrbug_sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(3);
    /// let mut three = semaphore.acquire_many(3).unwrap();
    /// drop(three.split(2).unwrap());
    /// assert_eq!((three.num_permits(), semaphore.available_permits()), (1, 2));
    /// ```
    pub fn split(&mut self, permits: usize) -> Option<Self> {
        self.permits = self.permits.checked_sub(permits)?;
        let Self { semaphore, site, is_void, .. } = *self;
        Some(Self { semaphore, permits, site, is_void })
    }
}

impl Drop for SemaphorePermit<'_> {
    fn drop(&mut self) {
        if self.permits > 0 && !self.is_void {
            self.semaphore.give(self.permits, self.site);
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").finish_non_exhaustive()
    }
}

impl fmt::Debug for SemaphorePermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SemaphorePermit").field("permits", &self.permits).finish_non_exhaustive()
    }
}
