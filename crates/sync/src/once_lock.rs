//! A cell that is written once, as [`std::sync::OnceLock`].
//!
//! It is empty at the beginning of each execution, so that its initialisation is explored in each; what an execution put
//! in is dropped at the execution's end, if the cell is still there. A cell that was filled outside all executions is
//! full inside them.
//!
//! Two limits. A `&'static T` out of a static cell must not be carried out of the execution that it comes from. And a
//! cell that is leaked, with a value that borrows, has its value dropped at the execution's end, when what it borrows may
//! be gone: do not leak such a cell.

use std::fmt;
use std::panic::Location;

use bohrbug_events::ObjectId;

use crate::ambient::ambient;
use crate::control::Ctx;
use crate::latch::{self, Entry, Latch};

/// A cell that is written once, as [`std::sync::OnceLock`].
///
/// ```
/// use bohrbug_sync::{OnceLock, thread};
///
/// static CELL: OnceLock<usize> = OnceLock::new();
///
/// // `OnceLock` has not been written to yet.
/// assert!(CELL.get().is_none());
/// thread::spawn(|| {
///     let value = CELL.get_or_init(|| 12345);
///     assert_eq!(value, &12345);
/// })
/// .join()
/// .unwrap();
/// assert_eq!(CELL.get(), Some(&12345));
/// ```
pub struct OnceLock<T> {
    latch: Latch,
    /// What was put in outside all executions.
    plain: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    /// An empty cell.
    #[track_caller]
    #[must_use]
    pub const fn new() -> Self {
        Self { latch: Latch::new(), plain: std::sync::OnceLock::new() }
    }

    /// The value, if there is one. It does not wait for a task that is making it.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        match ambient() {
            None => self.plain.get(),
            Some(x) if latch::look(x, self.object(x), Location::caller()) => self.value(x),
            Some(_) => None,
        }
    }

    /// The value, which needs no waiting: the borrow shows that nobody else has it.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        match ambient() {
            Some(x) if self.plain.get().is_none() => {
                let object = self.latch.known(x).filter(|&object| x.once(object, |once| once.complete))?;
                // SAFETY: the value is of that type, since only `get_or_init` puts it there; it lives until the execution's end
                // or until the cell takes it, which is borrowed mutably.
                x.lazy::<T>(object).map(|mut value| unsafe { value.as_mut() })
            }
            _ => self.plain.get_mut(),
        }
    }

    /// Waits until the cell is full.
    #[track_caller]
    pub fn wait(&self) -> &T {
        let site = Location::caller();
        let Some(x) = ambient() else {
            self.latch.assert_uncontrolled();
            return self.plain.wait();
        };
        let object = self.object(x);
        if !latch::look(x, object, site) {
            latch::wait(x, object, true, site);
        }
        self.value(x).expect("a thread that unwinds from a panic cannot wait for a OnceLock")
    }

    /// Puts `value` in, after waiting for a task that is making one.
    ///
    /// # Errors
    ///
    /// If the cell is full; the error is `value`.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().unwrap_or_else(|| unreachable!("an initialiser runs once")));
        value.map_or(Ok(()), Err)
    }

    /// The value, made by `f` if the cell is empty, after waiting for a task that is making it.
    ///
    /// # Panics
    ///
    /// If `f` does; the cell stays empty then.
    #[track_caller]
    pub fn get_or_init<F: FnOnce() -> T>(&self, f: F) -> &T {
        let site = Location::caller();
        let Some(x) = ambient() else {
            self.latch.assert_uncontrolled();
            return self.plain.get_or_init(f);
        };
        let object = self.object(x);
        if !latch::look(x, object, site)
            && let Entry::Runs(running) = latch::enter(x, object, true, site)
        {
            let value = f();
            x.put_lazy(object, value);
            running.complete();
        }
        self.value(x).unwrap_or_else(|| unreachable!("a bug in bohrbug-sync: a complete OnceLock is empty"))
    }

    /// Consumes the cell and returns the value, if there is one.
    pub fn into_inner(mut self) -> Option<T> {
        self.take()
    }

    /// Takes the value out and leaves the cell empty.
    pub fn take(&mut self) -> Option<T> {
        match ambient() {
            Some(x) if self.plain.get().is_none() => {
                let object = self.latch.known(x)?;
                let value = x.take_lazy::<T>(object);
                self.latch.reset(x);
                value.map(|value| *value)
            }
            Some(x) => {
                self.latch.reset(x);
                self.plain.take()
            }
            None => self.plain.take(),
        }
    }

    pub(crate) fn object(&self, x: Ctx) -> ObjectId {
        self.latch.object(x, self.plain.get().is_some())
    }

    fn value(&self, x: Ctx) -> Option<&T> {
        if let Some(value) = self.plain.get() {
            return Some(value);
        }
        let value = x.lazy::<T>(self.latch.known(x)?)?;
        // SAFETY: the value is of that type, since only `get_or_init` puts it there. It stays where it is until the cell, which
        // is borrowed, is dropped or borrowed mutably, or until the execution's end: see the limits of this module.
        Some(unsafe { value.as_ref() })
    }
}

impl<T> Drop for OnceLock<T> {
    fn drop(&mut self) {
        if let Some(x) = ambient()
            && let Some(object) = self.latch.known(x)
        {
            drop(x.take_lazy::<T>(object));
        }
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.get().map_or_else(Self::new, |value| Self::from(value.clone()))
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self { latch: Latch::new(), plain: std::sync::OnceLock::from(value) }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_tuple("OnceLock");
        match self.get() {
            Some(value) => d.field(value),
            None => d.field(&format_args!("<uninit>")),
        };
        d.finish()
    }
}
