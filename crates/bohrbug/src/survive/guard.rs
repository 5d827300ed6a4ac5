//! A thread that explores, guarded: what it does is written down, and how the process ends is seen.

use std::cell::{Cell, RefCell};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bohrbug_sync::control::Config;
use memmap2::MmapRaw;

use super::about::{About, Again, Watch};
use super::death::Death;
use super::last_act::{self, Words};
use super::page::{Page, Pen, SIZE};
use super::signals::Handlers;
use super::slot::Slot;
use super::stack::HandlerStack;
use super::watchdog::Awake;
use super::{files, leftover};
use crate::environment::Environment;
use crate::luggage;

thread_local! {
    /// What this thread is guarded with.
    static HERE: RefCell<Option<Here>> = const { RefCell::new(None) };
    /// How many checks it has begun.
    static CHECKS: Cell<u32> = const { Cell::new(0) };
}

/// What a guarded thread knows.
pub(super) struct Here {
    page: &'static Page,
    shared: Shared,
}

/// What the threads of one exploration have in common.
#[derive(Clone)]
pub(crate) struct Shared {
    about: About,
    again: Option<Again>,
}

impl Shared {
    pub(crate) const fn about(&self) -> &About {
        &self.about
    }
}

/// Guards this thread until it is dropped.
#[must_use = "a guard that is dropped guards nothing"]
pub(crate) struct Guard {
    slot: &'static Slot,
    page: &'static Page,
    journal: Option<Journal>,
    _handlers: Handlers,
    _stack: Option<HandlerStack>,
    _awake: Awake,
}

/// Where a page lies.
enum Journal {
    /// In a file that the system keeps, whatever becomes of this process.
    Kept(Kept),
    /// In memory: a child's parent reads its records.
    Memory(*mut Page),
}

/// A page in a file, which is removed with it.
struct Kept {
    map: MmapRaw,
    _file: File,
    path: PathBuf,
}

thread_local! {
    /// The one that this thread has used before: to make one takes as long as many executions.
    static SPARE: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

impl Kept {
    /// One that was used before, or a new one; whether it is new.
    fn take() -> io::Result<(Self, bool)> {
        if let Some(spare) = SPARE.take() {
            return Ok((spare, false));
        }
        let (path, file) = files::create()?;
        match map(&file) {
            Ok(map) => Ok((Self { map, _file: file, path }, true)),
            Err(error) => {
                leftover::remove(&path);
                Err(error)
            }
        }
    }

    /// The page, as long as this one is there.
    fn page(&self) -> *const Page {
        self.map.as_mut_ptr().cast::<Page>()
    }

    /// Nobody uses it any more, for now.
    fn put_aside(self) {
        // The first thread of a process may end without a word.
        if std::thread::current().name() != Some("main") {
            let _ = SPARE.try_with(|spare| spare.replace(Some(self)));
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        leftover::remove(&self.path);
    }
}

impl Guard {
    /// Guards this thread; `None` if it is guarded already, or cannot be.
    pub(crate) fn begin(about: About, again: Option<Again>) -> Option<Self> {
        Self::share(&Shared { about, again })
    }

    /// As another thread of the exploration is.
    pub(crate) fn share(shared: &Shared) -> Option<Self> {
        if is_guarded() || cfg!(miri) {
            return None;
        }
        let (kept, is_new) = Kept::take().ok()?;
        if is_new && shared.about.nth == 0 {
            // What earlier processes have left behind is told by checks alone.
            let its_own = |about: &About| about.is_of_same(&shared.about);
            leftover::Leftover::all(its_own).iter().for_each(leftover::Leftover::discard);
        }
        // SAFETY: the mapping has a page's size, any bytes are a page, and every access to it is an atomic one. It stays as
        // long as the guard, and nobody gets the page but by way of it.
        let page: &'static Page = unsafe { &*kept.page() };
        // What was started to do something does not start others for what becomes of it.
        let again = shared.again.as_ref().filter(|_| Environment::child().is_none());
        let words = Words::new(&shared.about.scenario, &kept.path, again);
        Self::over(page, Journal::Kept(kept), words, shared, -1)
    }

    /// In a child, which writes its records there.
    pub(super) fn of_child(about: About, records: i32) -> Option<Self> {
        let mut page = Box::<Page>::new_uninit();
        // SAFETY: zeros are a page; it is too large to come from the stack.
        let page = Box::into_raw(unsafe {
            page.as_mut_ptr().write_bytes(0, 1);
            page.assume_init()
        });
        let words = Words::new(&about.scenario, Path::new(""), None);
        let shared = Shared { about, again: None };
        // SAFETY: it is freed with the guard.
        Self::over(unsafe { &*page }, Journal::Memory(page), words, &shared, records)
    }

    fn over(page: &'static Page, journal: Journal, words: Words, shared: &Shared, records: i32) -> Option<Self> {
        let slot = Slot::take()?;
        luggage::carry();
        watch_the_end();
        let mut shared = shared.clone();
        write(page, &mut shared);
        page.open();
        slot.enter(page, Box::into_raw(Box::new(words)), records);
        let loop_time = Duration::from_millis(shared.about.loop_time);
        HERE.set(Some(Here { page, shared }));
        Some(Self {
            slot,
            page,
            journal: Some(journal),
            _handlers: Handlers::install(),
            _stack: HandlerStack::install(),
            _awake: Awake::begin(loop_time),
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        HERE.set(None);
        let words = self.slot.leave();
        // SAFETY: it comes from a box, and nobody else has it any more.
        drop(unsafe { Box::from_raw(words) });
        self.page.close();
        match self.journal.take() {
            Some(Journal::Kept(kept)) => kept.put_aside(),
            // SAFETY: it comes from a box, and nobody else has it any more.
            Some(Journal::Memory(page)) => drop(unsafe { Box::from_raw(page) }),
            None => {}
        }
    }
}

/// The whole file in memory, with room for it on the disk: a write that finds none would be a signal.
fn map(file: &File) -> io::Result<MmapRaw> {
    file.set_len(SIZE as u64)?;
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        // SAFETY: it takes numbers.
        let error = unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, SIZE as libc::off_t) };
        if error != 0 {
            return Err(io::Error::from_raw_os_error(error));
        }
    }
    MmapRaw::map_raw(file)
}

fn write(page: &Page, shared: &mut Shared) {
    let text = |about: &About| serde_json::to_vec(about).unwrap_or_default();
    if !page.write_about(&text(&shared.about)) {
        // An input without end: it has to be told without.
        shared.about.workload = None;
        page.write_about(&text(&shared.about));
    }
}

/// Takes it off this thread: the execution goes on on another one.
pub(super) fn take_here() -> Option<Here> {
    HERE.take()
}

/// Puts it on this one.
pub(super) fn put_here(here: Here) {
    HERE.set(Some(here));
}

/// Whether this thread is.
fn is_guarded() -> bool {
    HERE.with_borrow(Option::is_some)
}

/// What another thread of this one's exploration is to be guarded with.
pub(crate) fn shared() -> Option<Shared> {
    HERE.with_borrow(|here| here.as_ref().map(|here| here.shared.clone()))
}

/// Another check begins in this thread; its number.
pub(crate) fn next_check() -> u32 {
    CHECKS.set(CHECKS.get() + 1);
    CHECKS.get()
}

/// Says what is explored from now on, where that has changed.
pub(crate) fn tell(change: impl FnOnce(&mut About)) {
    HERE.with_borrow_mut(|here| {
        let Some(Here { page, shared, .. }) = here else { return };
        let before = shared.about.clone();
        change(&mut shared.about);
        if shared.about != before {
            write(page, shared);
        }
    });
}

/// Says which monitors watch.
pub(crate) fn tell_watch(watch: Watch) {
    tell(|about| about.watch = watch);
}

/// What a session on native writes with, under that configuration.
pub(crate) fn pen(config: &Config) -> Option<Pen> {
    tell(|about| about.set_config(config));
    HERE.with_borrow(|here| {
        let here = here.as_ref()?;
        here.page.start();
        Some(Pen::new(here.page))
    })
}

/// Sees to it that a call which ends the process is seen.
fn watch_the_end() {
    static ONCE: Once = Once::new();
    // SAFETY: the function may be called at the end of the process.
    ONCE.call_once(|| _ = unsafe { libc::atexit(leaving) });
}

extern "C" fn leaving() {
    let Some(slot) = Slot::mine().filter(|slot| slot.is_running() && !slot.is_child()) else { return };
    last_act::perform(slot, Death::Exit(0));
    // Whatever code was asked for, it would say that all is well.
    // SAFETY: it does not come back.
    unsafe { libc::_exit(super::FAILED) }
}

/// A number for the name of a file of this process.
pub(super) fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(super) fn open_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

pub(super) fn this_process() -> u32 {
    process::id()
}
