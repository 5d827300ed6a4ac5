//! Thread-local values: each task has its own, new in each execution.
//!
//! Destructors run when the task ends, in its own context, before it can be joined.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use bohrbug_events::TaskId;

use crate::ambient::ambient;
use crate::control::Ctx;

/// The thread-local values of one task.
#[derive(Default)]
pub(crate) struct Locals {
    values: Vec<(usize, Slot)>,
}

#[derive(Clone)]
enum Slot {
    Alive(Rc<dyn Any>),
    Destroyed,
}

impl Locals {
    /// What is left of them, if anything is.
    pub(crate) fn take(&mut self) -> Option<Self> {
        (!self.values.is_empty()).then(|| std::mem::take(self))
    }

    /// Drops what is left without an execution around it.
    pub(crate) fn drop_outside(self) {
        crate::ambient::outside(|| drop(self));
    }

    /// The value of a key that has been made, or was destroyed.
    fn find(&self, key: usize) -> Option<&Slot> {
        self.values.iter().find(|(known, _)| *known == key).map(|(_, slot)| slot)
    }

    /// Takes the value out that was made last of those that are left.
    fn take_last(&mut self) -> Option<Slot> {
        let (_, slot) = self.values.iter_mut().rfind(|(_, slot)| matches!(slot, Slot::Alive(_)))?;
        Some(std::mem::replace(slot, Slot::Destroyed))
    }
}

impl fmt::Debug for Locals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locals").field("count", &self.values.len()).finish()
    }
}

/// Runs the destructors of the task's thread-local values, latest made first as std does it, until none is left: a
/// destructor may make new ones.
#[inline]
pub(crate) fn run_destructors(x: Ctx, task: TaskId) {
    if x.task(task, |row| !row.locals.values.is_empty()) {
        run_all_destructors(x, task);
    }
}

#[cold]
fn run_all_destructors(x: Ctx, task: TaskId) {
    while let Some(value) = x.task(task, |row| row.locals.take_last()) {
        // A destructor that panics ends the process with std, so nothing is caught here but by the task itself.
        drop(value);
        x.set_current(task);
    }
}

/// A thread-local key, made by [`thread_local!`](crate::thread_local): std's, when nothing is exploring.
pub struct LocalKey<T: 'static> {
    #[doc(hidden)]
    pub init: fn() -> T,
    #[doc(hidden)]
    pub plain: &'static std::thread::LocalKey<T>,
}

/// The value is being destroyed, or has been, as [`std::thread::AccessError`], which only std can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessError;

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already destroyed")
    }
}

impl std::error::Error for AccessError {}

impl<T: 'static> LocalKey<T> {
    /// Calls `f` with this thread's value, made now if it is not there yet.
    ///
    /// # Panics
    ///
    /// If the value has been destroyed: the thread is ending.
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.try_with(f).expect("cannot access a Thread Local Storage value during or after destruction")
    }

    /// Calls `f` with this thread's value, made now if it is not there yet.
    ///
    /// # Errors
    ///
    /// If the value has been destroyed.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        match ambient() {
            None => self.plain.try_with(f).map_err(|_| AccessError),
            Some(x) => match self.value(x) {
                Some(value) => Ok(f(&value)),
                None => Err(AccessError),
            },
        }
    }

    /// The current task's value; `None` once it was destroyed.
    fn value(&'static self, x: Ctx) -> Option<Rc<T>> {
        let key = std::ptr::from_ref(self).addr();
        let task = x.current();
        if let Some(slot) = x.task(task, |row| row.locals.find(key).cloned()) {
            return match slot {
                Slot::Alive(value) => Some(value.downcast().unwrap_or_else(|_| {
                    unreachable!("a bug in bohrbug-sync: two thread-local keys of different types at one address")
                })),
                Slot::Destroyed => None,
            };
        }
        let value = Rc::new((self.init)());
        let slot = Slot::Alive(value.clone());
        x.task(task, |row| row.locals.values.push((key, slot)));
        Some(value)
    }
}

impl<T: 'static> LocalKey<std::cell::Cell<T>> {
    /// Sets the value.
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// A copy of the value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(std::cell::Cell::get)
    }

    /// Takes the value and leaves the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(std::cell::Cell::take)
    }

    /// Replaces the value and returns the old one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<std::cell::RefCell<T>> {
    /// Calls `f` with the value borrowed.
    pub fn with_borrow<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Calls `f` with the value borrowed mutably.
    pub fn with_borrow_mut<R>(&'static self, f: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Sets the value.
    pub fn set(&'static self, value: T) {
        self.with(|cell| *cell.borrow_mut() = value);
    }

    /// Takes the value and leaves the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(std::cell::RefCell::take)
    }

    /// Replaces the value and returns the old one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// Declares thread-local values, as std's macro of that name does.
///
/// ```
/// use std::cell::Cell;
///
/// bohrbug_sync::thread_local! {
///     static DEPTH: Cell<u32> = const { Cell::new(0) };
/// }
/// DEPTH.set(3);
/// assert_eq!(DEPTH.get(), 3);
/// ```
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = const $init:block $(; $($rest:tt)*)?) => {
        $crate::thread_local!(@key $(#[$attribute])* $visibility $name, $type, $init);
        $($crate::thread_local!($($rest)*);)?
    };
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $init:expr $(; $($rest:tt)*)?) => {
        $crate::thread_local!(@key $(#[$attribute])* $visibility $name, $type, $init);
        $($crate::thread_local!($($rest)*);)?
    };
    (@key $(#[$attribute:meta])* $visibility:vis $name:ident, $type:ty, $init:expr) => {
        $(#[$attribute])*
        $visibility static $name: $crate::thread::LocalKey<$type> = {
            fn init() -> $type { $init }
            $crate::__std::thread_local! { static PLAIN: $type = init(); }
            $crate::thread::LocalKey { init, plain: &PLAIN }
        };
    };
}
