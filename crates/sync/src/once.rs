//! A one-time initialisation, as [`std::sync::Once`].
//!
//! Its state is lock state: new in each execution. One that was completed outside all executions stays complete inside
//! them, since what it initialised is still there.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};

use bohrbug_events::ObjectId;

use crate::ambient::ambient;
use crate::control::Ctx;
use crate::latch::{self, Entry, Latch};

/// A one-time initialisation, as [`std::sync::Once`].
///
/// ```
/// use bohrbug_sync::Once;
///
/// static START: Once = Once::new();
///
/// START.call_once(|| {
///     // run initialization here
/// });
/// assert!(START.is_completed());
/// ```
pub struct Once {
    latch: Latch,
    plain: std::sync::Once,
}

/// What [`Once::call_once_force`] tells its closure, as [`std::sync::OnceState`], which only std can make.
pub struct OnceState {
    poisoned: bool,
}

impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

impl Once {
    /// One that has not begun.
    #[track_caller]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "std's has no default either")]
    pub const fn new() -> Self {
        Self { latch: Latch::new(), plain: std::sync::Once::new() }
    }

    /// Runs `f` if no call has completed yet, after waiting for one that is running. On return one has completed.
    ///
    /// # Panics
    ///
    /// If a closure panicked in an earlier call: then the initialisation is poisoned.
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        match ambient() {
            None => {
                self.latch.assert_uncontrolled();
                self.plain.call_once(f);
            }
            Some(x) => self.call(x, false, |_| f(), Location::caller()),
        }
    }

    /// As [`Once::call_once`], but runs `f` of a poisoned initialisation, too.
    #[track_caller]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, f: F) {
        match ambient() {
            None => {
                self.latch.assert_uncontrolled();
                self.plain.call_once_force(|state| f(&OnceState { poisoned: state.is_poisoned() }));
            }
            Some(x) => self.call(x, true, f, Location::caller()),
        }
    }

    /// Whether a call has completed.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        match ambient() {
            None => self.plain.is_completed(),
            Some(x) => latch::look(x, self.object(x), Location::caller()),
        }
    }

    /// Waits until a call has completed.
    ///
    /// # Panics
    ///
    /// If a closure panicked.
    #[track_caller]
    pub fn wait(&self) {
        match ambient() {
            None => {
                self.latch.assert_uncontrolled();
                self.plain.wait();
            }
            Some(x) if self.wait_in(x, false, Location::caller()) => {}
            Some(_) => poisoned(),
        }
    }

    /// As [`Once::wait`], but waits for the end of a poisoned initialisation, too.
    #[track_caller]
    pub fn wait_force(&self) {
        match ambient() {
            None => {
                self.latch.assert_uncontrolled();
                self.plain.wait_force();
            }
            Some(x) => {
                self.wait_in(x, true, Location::caller());
            }
        }
    }

    pub(crate) fn object(&self, x: Ctx) -> ObjectId {
        self.latch.object(x, self.plain.is_completed())
    }

    fn call(&self, x: Ctx, force: bool, f: impl FnOnce(&OnceState), site: &'static Location<'static>) {
        let object = self.object(x);
        if latch::look(x, object, site) {
            return;
        }
        match latch::enter(x, object, force, site) {
            Entry::Complete => {}
            Entry::Poisoned => poisoned(),
            Entry::Runs(running) => {
                f(&OnceState { poisoned: running.poisoned });
                running.complete();
            }
        }
    }

    fn wait_in(&self, x: Ctx, force: bool, site: &'static Location<'static>) -> bool {
        let object = self.object(x);
        latch::look(x, object, site) || latch::wait(x, object, force, site)
    }
}

/// Panics as std does.
#[cold]
#[track_caller]
fn poisoned() -> ! {
    panic!("Once instance has previously been poisoned")
}

impl OnceState {
    /// Whether the initialisation was poisoned when the call began.
    #[must_use]
    pub const fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState").field("poisoned", &self.is_poisoned()).finish()
    }
}
