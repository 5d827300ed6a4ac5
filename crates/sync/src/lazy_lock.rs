//! A value that its first use makes, as [`std::sync::LazyLock`].
//!
//! In each execution the initialiser runs anew, and the value is dropped at the execution's end: a race for the first use
//! is there to be explored every time. For that the initialiser is called on a bitwise copy. That is only done where
//! nothing could be dropped twice, when dropping an `F` does nothing: function pointers, closures that capture nothing or
//! only what needs no drop, and so all that a `static` usually has. Any other initialiser runs once in the process, and
//! the value is carried from the execution that made it into those that follow.
//!
//! Limits. A closure that needs no drop and is no `Copy` either, since it captures a `&mut` or a token, is called once in
//! each execution all the same. A `&'static T` must not be carried out of the execution that it comes from. A `LazyLock`
//! that is leaked, with a value that borrows, has its value dropped at the execution's end.

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::{ManuallyDrop, needs_drop};
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use bohrbug_events::ObjectId;

use crate::ambient::ambient;
use crate::control::Ctx;
use crate::latch::{self, Entry, Latch};

/// A value that its first use makes, as [`std::sync::LazyLock`].
///
/// ```
/// use bohrbug_sync::LazyLock;
///
/// static DEEP_THOUGHT: LazyLock<String> = LazyLock::new(|| "42".to_owned());
///
/// // The string is built, stored in the `LazyLock`, and returned as `&String`.
/// let _ = &*DEEP_THOUGHT;
/// // The string is retrieved from the `LazyLock` and returned as `&String`.
/// assert_eq!(DEEP_THOUGHT.len(), 2);
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    latch: Latch,
    /// The value of the process, as opposed to those of executions.
    plain: std::sync::OnceLock<T>,
    init: UnsafeCell<ManuallyDrop<F>>,
    /// Whether the initialiser was called for the value of the process. One that can be dropped is gone then.
    spent: AtomicBool,
}

// SAFETY: the initialiser is taken by one thread only, guarded by `spent`, or copied bitwise by the tasks of executions,
// as if sent to them; the value is shared.
unsafe impl<T: Sync + Send, F: Send> Sync for LazyLock<T, F> {}
impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `f` will make.
    #[track_caller]
    pub const fn new(f: F) -> Self {
        Self {
            latch: Latch::new(),
            plain: std::sync::OnceLock::new(),
            init: UnsafeCell::new(ManuallyDrop::new(f)),
            spent: AtomicBool::new(false),
        }
    }

    /// The value, made now if this is the first use, after waiting for a task that is making it.
    ///
    /// # Panics
    ///
    /// If the initialiser does, now or in an earlier use.
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        match ambient() {
            None => this.force_plain(),
            Some(x) => this.force_in(x, Location::caller()),
        }
    }

    /// As [`LazyLock::force`], to change the value.
    ///
    /// # Panics
    ///
    /// As [`LazyLock::force`].
    #[track_caller]
    pub fn force_mut(this: &mut Self) -> &mut T {
        Self::force(this);
        this.value_mut().unwrap_or_else(|| unreachable!("a bug in bohrbug-sync: a complete LazyLock is empty"))
    }

    fn force_plain(&self) -> &T {
        self.latch.assert_uncontrolled();
        self.plain.get_or_init(|| self.spend()())
    }

    fn force_in(&self, x: Ctx, site: &'static Location<'static>) -> &T {
        let object = self.object(x);
        if !latch::look(x, object, site) {
            match latch::enter(x, object, false, site) {
                Entry::Complete => {}
                Entry::Poisoned => poisoned(),
                Entry::Runs(running) => {
                    self.make(x, object);
                    running.complete();
                }
            }
        }
        self.value(x, object).unwrap_or_else(|| unreachable!("a bug in bohrbug-sync: a complete LazyLock is empty"))
    }

    /// Runs the initialiser and keeps the value, unless a task that unwinds was quicker.
    fn make(&self, x: Ctx, object: ObjectId) {
        if Self::RUNS_ANEW {
            // SAFETY: dropping an `F` does nothing, so that a bitwise copy can be consumed beside the original; see the
            // limits of this module.
            let init = unsafe { std::ptr::read(self.init.get().cast::<F>()) };
            let value = init();
            x.put_lazy(object, value);
        } else {
            let value = self.spend()();
            let _ = self.plain.set(value);
        }
    }

    /// Takes the initialiser for the value of the process.
    fn spend(&self) -> F {
        if self.spent.swap(true, Ordering::Relaxed) {
            poisoned();
        }
        // SAFETY: `spent` lets one caller through. An initialiser that needs no drop may be read again by executions.
        unsafe { std::ptr::read(self.init.get().cast::<F>()) }
    }
}

impl<T, F> LazyLock<T, F> {
    /// Whether each execution runs the initialiser.
    const RUNS_ANEW: bool = !needs_drop::<F>();

    /// The value, if it has been made.
    #[track_caller]
    pub fn get(this: &Self) -> Option<&T> {
        match ambient() {
            None => this.plain.get(),
            Some(x) => {
                let object = this.object(x);
                if latch::look(x, object, Location::caller()) { this.value(x, object) } else { None }
            }
        }
    }

    /// As [`LazyLock::get`], to change the value. The borrow shows that nobody else has it.
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        this.value_mut()
    }

    fn value_mut(&mut self) -> Option<&mut T> {
        match ambient() {
            Some(x) if Self::RUNS_ANEW => {
                let object = self.latch.known(x).filter(|&object| x.once(object, |once| once.complete))?;
                // SAFETY: as in `value`; the `LazyLock` is borrowed mutably.
                x.lazy::<T>(object).map(|mut value| unsafe { value.as_mut() })
            }
            _ => self.plain.get_mut(),
        }
    }

    pub(crate) fn object(&self, x: Ctx) -> ObjectId {
        self.latch.object(x, !Self::RUNS_ANEW && self.plain.get().is_some())
    }

    fn value(&self, x: Ctx, object: ObjectId) -> Option<&T> {
        if Self::RUNS_ANEW {
            // SAFETY: the value is of that type, since only `make` puts it there. It stays where it is until the
            // `LazyLock`, which is borrowed, is dropped, or until the execution's end: see the limits of this module.
            x.lazy::<T>(object).map(|value| unsafe { value.as_ref() })
        } else {
            self.plain.get()
        }
    }
}

/// Panics as std does.
#[cold]
#[track_caller]
fn poisoned() -> ! {
    panic!("LazyLock instance has previously been poisoned")
}

impl<T, F> Drop for LazyLock<T, F> {
    fn drop(&mut self) {
        if needs_drop::<F>() && !*self.spent.get_mut() {
            // SAFETY: the initialiser has not been taken, and nobody will any more.
            unsafe { ManuallyDrop::drop(self.init.get_mut()) };
        }
        if let Some(x) = ambient()
            && let Some(object) = self.latch.known(x)
        {
            drop(x.take_lazy::<T>(object));
        }
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        Self::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        Self::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_tuple("LazyLock");
        match Self::get(self) {
            Some(value) => d.field(value),
            None => d.field(&format_args!("<uninit>")),
        };
        d.finish()
    }
}
