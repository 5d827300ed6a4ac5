//! The threads of this process that explore, as a signal's handler, the end of the process and the watchdog find them.
//!
//! A slot is a static that serves one thread after another: whoever looks at it needs no lock and cannot hold on to what is
//! gone. Who else than its own thread follows its pointers holds [`TABLE`], which a thread takes to let go of its slot.

use std::cell::Cell;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64};

use super::last_act::Words;
use super::page::Page;

/// One exploring thread.
pub(super) struct Slot {
    taken: AtomicBool,
    page: AtomicPtr<Page>,
    /// What is said and done at the end, made ready before.
    words: AtomicPtr<Words>,
    /// The thread's number on this system; [`NOBODY`] where its execution is on the way to another thread.
    pub(super) thread: AtomicI32,
    /// In a child, how many events and decisions there have been; elsewhere nobody sees an event at which there was nothing to
    /// decide.
    pub(super) events: AtomicU64,
    /// Where a child writes down what happens; negative in a process that explores.
    pub(super) records: AtomicI32,
}

/// As many threads of a process can be told of.
pub(super) static SLOTS: [Slot; 64] = [const { Slot::new() }; 64];

/// Held by whoever follows another thread's pointers, and by a thread that takes them away.
pub(super) static TABLE: Mutex<()> = Mutex::new(());

/// The number of no thread.
pub(super) const NOBODY: i32 = 0;

thread_local! {
    static MINE: Cell<Option<&'static Slot>> = const { Cell::new(None) };
}

impl Slot {
    pub(super) const fn new() -> Self {
        Self {
            taken: AtomicBool::new(false),
            page: AtomicPtr::new(ptr::null_mut()),
            words: AtomicPtr::new(ptr::null_mut()),
            thread: AtomicI32::new(0),
            events: AtomicU64::new(0),
            records: AtomicI32::new(-1),
        }
    }

    /// A slot for this thread; `None` if there is none left.
    pub(super) fn take() -> Option<&'static Self> {
        let free = |slot: &&Self| slot.taken.compare_exchange(false, true, AcqRel, Relaxed).is_ok();
        SLOTS.iter().find(free)
    }

    /// Puts it to use, for this thread. What it is given must stay until [`Slot::leave`].
    pub(super) fn enter(&'static self, page: *const Page, words: *mut Words, records: i32) {
        self.thread.store(this_thread(), Relaxed);
        self.events.store(0, Relaxed);
        self.records.store(records, Relaxed);
        self.words.store(words, Release);
        self.page.store(page.cast_mut(), Release);
        MINE.set(Some(self));
    }

    /// Takes this thread's off it: another one is to have it. Until it does there is no thread to look at: this one waits, and the
    /// other may be ready for long before a busy machine lets it run.
    pub(super) fn take_mine() -> Option<&'static Self> {
        let mine = MINE.take();
        mine.into_iter().for_each(|slot| slot.thread.store(NOBODY, Relaxed));
        mine
    }

    /// Puts it on this thread, where its execution goes on.
    pub(super) fn move_here(&'static self) {
        self.thread.store(this_thread(), Relaxed);
        MINE.set(Some(self));
    }

    /// This thread is done with it; what comes back is for it to free.
    pub(super) fn leave(&self) -> *mut Words {
        let _table = TABLE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        MINE.set(None);
        self.page.store(ptr::null_mut(), Release);
        let words = self.words.swap(ptr::null_mut(), AcqRel);
        self.taken.store(false, Release);
        words
    }

    /// This thread's, if it explores. As good in a signal's handler as elsewhere.
    pub(super) fn mine() -> Option<&'static Self> {
        MINE.try_with(Cell::get).ok().flatten()
    }

    /// This thread's, or the only one in which an execution is under way: the program may have threads that nobody knows of. What
    /// comes of a wrong guess is that another process finds nothing wrong with the execution.
    pub(super) fn mine_or_only() -> Option<&'static Self> {
        Self::mine().or_else(|| {
            let mut running = SLOTS.iter().filter(|slot| slot.is_running());
            running.next().filter(|_| running.next().is_none())
        })
    }

    /// The caller is the slot's thread, or holds [`TABLE`].
    pub(super) fn page(&self) -> Option<&Page> {
        // SAFETY: it is taken away by its own thread only, under the lock.
        unsafe { self.page.load(Acquire).as_ref() }
    }

    /// The caller is the slot's thread, or holds [`TABLE`].
    pub(super) fn words(&self) -> Option<&Words> {
        // SAFETY: as above.
        unsafe { self.words.load(Acquire).as_ref() }
    }

    /// Whether an execution is under way.
    pub(super) fn is_running(&self) -> bool {
        self.page().is_some_and(Page::is_running)
    }

    /// Whether this process is a child that does what it is told.
    pub(super) fn is_child(&self) -> bool {
        self.records.load(Relaxed) >= 0
    }
}

#[cfg(target_os = "linux")]
fn this_thread() -> i32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::gettid() }
}

#[cfg(not(target_os = "linux"))]
const fn this_thread() -> i32 {
    0
}
