//! Scoped threads, as [`std::thread::scope`].
//!
//! In an execution the scope joins what it spawned, in the order of spawning; on loom and shuttle, too, whose own scopes
//! are not used (loom has none). As in std, a scope that has to wait at its end parks its thread, and may so take the token that
//! a later `park` was to have; on loom it never does.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::rc::Rc;

use bohrbug_events::TaskId;

use crate::ambient::ambient;
use crate::control::Ctx;
use crate::thread::{Builder, Controlled, Result, Thread, park_for, start, wait_until_gone};

/// A scope to spawn threads in that may borrow; see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    inner: Inner<'scope, 'env>,
    // Both lifetimes invariant, as std's.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

enum Inner<'scope, 'env> {
    Plain(&'scope std::thread::Scope<'scope, 'env>),
    Controlled(Rc<Threads>),
}

/// The threads of a controlled scope.
struct Threads {
    epoch: u64,
    spawned: RefCell<Vec<TaskId>>,
    /// How many of them panicked without anybody having joined them.
    panicked: Cell<usize>,
}

// SAFETY: a controlled scope is used by tasks of one execution only, which all run on one OS thread.
unsafe impl Sync for Scope<'_, '_> {}

/// A handle to a scoped thread.
pub struct ScopedJoinHandle<'scope, T>(Handle<'scope, T>);

enum Handle<'scope, T> {
    Plain(std::thread::ScopedJoinHandle<'scope, T>, Thread),
    Controlled(Controlled<T>, Rc<Threads>),
}

// SAFETY: as for `JoinHandle`.
unsafe impl<T> Send for ScopedJoinHandle<'_, T> {}
// SAFETY: as for `JoinHandle`.
unsafe impl<T> Sync for ScopedJoinHandle<'_, T> {}

/// Calls `f` with a scope whose threads have all ended when this returns.
///
/// ```
/// let mut parts = [1, 2];
/// bohrbug_sync::thread::scope(|s| {
///     for part in &mut parts {
///         s.spawn(|| *part += 10);
///     }
/// });
/// assert_eq!(parts, [11, 12]);
/// ```
///
/// # Panics
///
/// If `f` does, or a thread that was not joined by hand has panicked.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let site = Location::caller();
    match ambient() {
        None => std::thread::scope(|plain| {
            let scope = Scope { inner: Inner::Plain(plain), scope: PhantomData, env: PhantomData };
            let pointer = &raw const scope;
            // SAFETY: only the lifetime of the wrapper changes: it lives in the frame of std's scope, which outlives
            // every thread that could use it.
            f(unsafe { &*pointer })
        }),
        Some(x) => controlled_scope(x, f, site),
    }
}

fn controlled_scope<'env, F, T>(x: Ctx, f: F, site: &'static Location<'static>) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let threads = Rc::new(Threads { epoch: x.epoch(), spawned: RefCell::default(), panicked: Cell::new(0) });
    let scope = Scope { inner: Inner::Controlled(threads.clone()), scope: PhantomData, env: PhantomData };
    let me = x.current();
    // Whatever happens in `f`, the threads end first: they borrow from this frame and from those above it.
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    x.set_current(me);
    let joined = catch_unwind(AssertUnwindSafe(|| threads.join_all(x, site)));
    threads.wait_until_gone(x);
    x.set_current(me);
    match (result, joined) {
        (Err(payload), _) | (_, Err(payload)) => resume_unwind(payload),
        (Ok(_), Ok(())) if threads.panicked.get() > 0 => panic!("a scoped thread panicked"),
        (Ok(value), Ok(())) => value,
    }
}

impl Threads {
    /// The execution of the scope, which has to be the one that uses it.
    fn execution(&self) -> Ctx {
        match ambient() {
            Some(x) if x.epoch() == self.epoch => x,
            _ => panic!("a scope was carried out of the execution that made it"),
        }
    }

    /// Joins them all, in the order of spawning; they may spawn more meanwhile.
    fn join_all(&self, x: Ctx, site: &'static Location<'static>) {
        let (arrived, mut waits) = (x.events(), Vec::new());
        loop {
            let Some(task) = self.spawned.borrow().get(waits.len()).copied() else { break };
            waits.push(park_for(x, task, site));
        }
        x.may_take_token(&waits, Some(arrived));
    }

    /// When the execution was stopped on the way: waits until they have unwound.
    fn wait_until_gone(&self, x: Ctx) {
        for &task in &*self.spawned.borrow() {
            wait_until_gone(x, task);
        }
    }
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Spawns a thread in the scope.
    ///
    /// # Panics
    ///
    /// If the operating system has no thread to give.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.spawn_as(Builder::new(), f, Location::caller()).expect("failed to spawn thread")
    }

    pub(crate) fn spawn_as<F, T>(
        &'scope self,
        builder: Builder,
        f: F,
        site: &'static Location<'static>,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let handle = match &self.inner {
            Inner::Plain(scope) => {
                let handle = builder.plain().spawn_scoped(scope, f)?;
                let thread = Thread::plain(handle.thread().clone());
                Handle::Plain(handle, thread)
            }
            Inner::Controlled(threads) => {
                let x = threads.execution();
                let counted = {
                    let threads = threads.clone();
                    move || {
                        catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
                            threads.panicked.set(threads.panicked.get() + 1);
                            resume_unwind(payload)
                        })
                    }
                };
                let handle = start(x, builder.into_name(), counted, site);
                threads.spawned.borrow_mut().push(handle.task());
                Handle::Controlled(handle, threads.clone())
            }
        };
        Ok(ScopedJoinHandle(handle))
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the thread's end and returns what it returned.
    ///
    /// # Errors
    ///
    /// The payload of the panic that ended it.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        match self.0 {
            Handle::Plain(handle, _) => handle.join(),
            Handle::Controlled(handle, threads) => {
                handle.wait(Location::caller());
                let result = handle.take_result();
                if result.is_err() {
                    threads.panicked.set(threads.panicked.get().saturating_sub(1));
                }
                result
            }
        }
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            Handle::Plain(_, thread) => thread,
            Handle::Controlled(handle, _) => handle.thread(),
        }
    }

    /// Whether the thread has ended.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Handle::Plain(handle, _) => handle.is_finished(),
            Handle::Controlled(handle, _) => handle.is_finished(Location::caller()),
        }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}
