//! An execution, for whoever drives it: how it is begun, run and ended, and read afterwards.

use std::fmt;
use std::panic::{Location, resume_unwind};
use std::ptr::NonNull;
use std::rc::Rc;

use bohrbug_events::TaskId;

use super::head::Head;
use super::inner::Inner;
use super::{Carrier, Config, Ctx, Driver, Event, Runtime, View};
use crate::{ambient, native};

/// Whether tasks still run the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// No execution, or one whose tasks all ended.
    Idle,
    /// They do.
    Running,
    /// The execution is over before its end: every task unwinds at its next operation.
    Stopping,
}

/// Room for executions, one after the other: the last of them can be read until the next begins.
pub struct Execution {
    head: Rc<Head>,
    /// The tables, which are the head's and this one's: borrowed through a [`Ctx`] while an execution is under way, and
    /// from here otherwise.
    inner: NonNull<Inner>,
}

impl Execution {
    /// Room for executions on one runtime.
    ///
    /// # Panics
    ///
    /// If this build does not have the runtime ([`is_built`](super::is_built)).
    #[track_caller]
    pub fn new(runtime: Runtime, config: Config) -> Box<Self> {
        assert!(super::is_built(runtime), "this build of bohrbug-sync lacks the feature `{}`", runtime.name());
        let head = Rc::new(Head::new(runtime, &config));
        let inner = Box::new(Inner::new(head.clone(), config, Location::caller()));
        // SAFETY: a box is never null.
        let inner = unsafe { NonNull::new_unchecked(Box::into_raw(inner)) };
        head.set_inner(inner);
        Box::new(Self { head, inner })
    }

    /// The handle that tasks are given.
    fn ctx(&self) -> Ctx {
        Ctx::new(NonNull::from(&*self.head))
    }

    /// The tables of an execution that has ended.
    fn inner(&self) -> &Inner {
        assert!(
            self.head.status() == Status::Idle,
            "an execution that is under way is read through View, which its driver is given"
        );
        // SAFETY: nobody borrows them through a handle while nothing is under way, and to begin takes `&mut self`.
        unsafe { self.inner.as_ref() }
    }

    /// Says where the program under test was handed over, for the events that have no place of their own.
    pub fn set_site(&mut self, site: &'static Location<'static>) {
        self.ctx().with(|x| x.site = site);
    }

    /// Runs `f` once on the native runtime, under `driver`, with tasks that are coroutines.
    ///
    /// # Panics
    ///
    /// If the execution was made for another runtime or carrier; and as the driver did, if that panicked: when all tasks have
    /// unwound.
    pub fn run(&mut self, driver: &mut dyn Driver, f: &dyn Fn()) {
        assert_eq!(
            self.config().carrier,
            Carrier::Coroutines,
            "on OS threads an execution is run by run_on_os_threads"
        );
        self.run_once(driver, f);
    }

    /// Runs `f` once on the native runtime, under `driver`, with tasks that are OS threads. One runs at a time, and the driver
    /// is asked on the thread of the task that was running.
    ///
    /// ```
    /// # use bohrbug_sync::control::{Carrier, Config, Driver, Event, Execution, Incident, Reaction, Runtime, View};
    /// # use bohrbug_events::TaskId;
    /// /// Goes on with the first task that can.
    /// struct First;
    ///
    /// impl Driver for First {
    ///     fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
    ///         view.ready().iter().next()
    ///     }
    /// #   fn choose(&mut self, _: View<'_>, _: u32) -> u32 { 0 }
    /// #   fn reported(&mut self, _: View<'_>, _: &Event) {}
    /// #   fn incident(&mut self, _: View<'_>, _: &Incident) -> Reaction { Reaction::Stop }
    /// }
    ///
    /// let config = Config { carrier: Carrier::Threads, ..Config::default() };
    /// let mut execution = Execution::new(Runtime::Native, config);
    /// execution.run_on_os_threads(&mut First, &|| {
    ///     // std's own, since it is a thread of its own.
    ///     assert_eq!(std::thread::current().name(), Some("main"));
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// As [`Execution::run`].
    pub fn run_on_os_threads(&mut self, driver: &mut (dyn Driver + Send), f: &(dyn Fn() + Sync)) {
        assert_eq!(self.config().carrier, Carrier::Threads, "on coroutines an execution is run by run");
        self.run_once(driver, f);
    }

    fn run_once(&mut self, driver: &mut dyn Driver, f: &dyn Fn()) {
        assert_eq!(self.runtime(), Runtime::Native, "only the native runtime schedules by itself");
        // SAFETY: only the lifetime changes; `end`, below, drops the pointer.
        let driver: &'static mut dyn Driver = unsafe { std::mem::transmute::<&mut dyn Driver, _>(driver) };
        self.start(NonNull::from(driver));
        native::kernel::run(self.ctx(), f);
        self.end();
        if let Some(fault) = self.ctx().with(|x| x.fault.take()) {
            resume_unwind(fault);
        }
    }

    /// Keeps the driver of the executions that [`Execution::begin`] begins.
    ///
    /// # Panics
    ///
    /// If an execution is under way.
    pub fn own(&mut self, driver: Box<dyn Driver>) {
        assert_eq!(self.status(), Status::Idle, "the driver of an execution that is under way stays");
        let before = self.ctx().with(|x| x.owned.replace(driver));
        drop(before);
    }

    /// Begins an execution on a foreign runtime, whose main closure then calls [`Execution::main`].
    ///
    /// It lasts until [`Execution::end`]: the other tasks may outlive the main closure.
    ///
    /// # Panics
    ///
    /// If it [owns](Execution::own) no driver.
    pub fn begin(&mut self) {
        let driver = self.ctx().with(|x| x.owned.as_deref_mut().map(NonNull::from));
        let Some(driver) = driver else {
            panic!(
                "an execution that is begun for a foreign runtime has to own its driver; call Execution::own before"
            );
        };
        self.start(driver);
    }

    /// Both callers pass a driver that lives until `end`.
    fn start(&mut self, driver: NonNull<dyn Driver>) {
        let ctx = self.ctx();
        ctx.with(|x| x.begin(driver));
        ambient::replace(Some(ctx));
    }

    /// Runs `f` as the main task of the execution that this OS thread has begun on a foreign runtime.
    ///
    /// # Panics
    ///
    /// If none has begun.
    pub fn main(f: &dyn Fn()) {
        let Some(x) = ambient::ambient() else {
            panic!("a main task needs an execution that has begun");
        };
        crate::thread::enter_thread(x, TaskId::MAIN);
        super::run_task(x, TaskId::MAIN, &mut super::Main(f));
    }

    /// Ends the execution; what it recorded can be read until the next one begins.
    pub fn end(&mut self) {
        ambient::replace(None);
        let ctx = self.ctx();
        let locals = ctx.with(Inner::end);
        // The latest first, each as if nothing were exploring; they run code under test.
        while let Some(value) = ctx.with(|x| x.lazies.pop()) {
            drop(value);
        }
        locals.into_iter().for_each(crate::local::Locals::drop_outside);
        ctx.with(|x| x.statics.restore());
    }

    /// The runtime of its executions.
    pub fn runtime(&self) -> Runtime {
        self.head.runtime()
    }

    /// The execution that has ended, as drivers see it.
    ///
    /// # Panics
    ///
    /// If it has not.
    pub fn view(&self) -> View<'_> {
        View(self.inner())
    }

    /// The events of the execution.
    pub fn events(&self) -> &[Event] {
        &self.inner().log
    }

    /// Whether it is running, stopping, or neither.
    pub fn status(&self) -> Status {
        self.head.status()
    }

    /// Whether the step bound was passed, so that the rest was scheduled fairly and not by the strategy.
    pub fn was_cut(&self) -> bool {
        self.inner().was_cut()
    }

    /// How many tasks never came to their end.
    pub fn unfinished_tasks(&self) -> u32 {
        self.inner().unfinished
    }

    /// The bounds and choices of its executions.
    pub fn config(&self) -> &Config {
        &self.inner().config
    }

    /// The execution that this OS thread is in, for a foreign runtime's scheduler.
    #[inline]
    pub fn with_ambient<R>(f: impl FnOnce(View<'_>) -> R) -> Option<R> {
        ambient::ambient().map(|ctx| ctx.with(|x| f(View(x))))
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        if self.status() != Status::Idle {
            // It was begun and not ended: tasks may still have handles to it, so it stays.
            if ambient::ambient().is_some_and(|x| std::ptr::eq(x.head(), &raw const *self.head)) {
                ambient::replace(None);
            }
            std::mem::forget(self.head.clone());
            return;
        }
        // SAFETY: it comes from a box, and nobody has a handle any more.
        drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
    }
}

impl fmt::Debug for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution")
            .field("runtime", &self.runtime())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
