//! Which executions are under way in this process, so that one object is never in two of them at once.
//!
//! An execution is named by its *epoch*, a number that no other execution of the process has. Each exploring OS thread
//! holds a *lane* and shows its current epoch there; an epoch contains its lane, so asking whether one is still under
//! way is one load.

use std::panic::Location;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How many OS threads of one process can explore at once.
const LANES: usize = 256;

static LIVE: [Shown; LANES] = [const { Shown(AtomicU64::new(0)) }; LANES];
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
static NEXT_LANE: AtomicU64 = AtomicU64::new(0);

/// The epoch that a lane shows. Each has two cache lines to itself: it changes with every execution, and threads that
/// explore side by side would wait for each other's.
#[repr(align(128))]
struct Shown(AtomicU64);

/// One exploring OS thread's place in the table.
#[derive(Debug)]
pub(crate) struct Lane {
    index: usize,
    sequence: u64,
}

/// Continues the sequence of a lane that is taken again, so that no epoch is used twice.
static SEQUENCES: [AtomicU64; LANES] = [const { AtomicU64::new(0) }; LANES];

impl Lane {
    /// A free lane.
    ///
    /// # Panics
    ///
    /// If 256 explorations are under way at once.
    pub(crate) fn take() -> Self {
        let free = FREE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        let index = free.unwrap_or_else(|| NEXT_LANE.fetch_add(1, Ordering::Relaxed) as usize);
        assert!(index < LANES, "more than {LANES} explorations at once in one process; run fewer tests in parallel");
        Self { index, sequence: SEQUENCES[index].load(Ordering::Relaxed) }
    }

    /// Shows a new epoch: an execution begins.
    pub(crate) fn begin(&mut self) -> u64 {
        self.sequence += 1;
        let epoch = self.sequence * LANES as u64 + self.index as u64;
        LIVE[self.index].0.store(epoch, Ordering::Release);
        epoch
    }

    /// The execution has ended.
    pub(crate) fn end(&self) {
        LIVE[self.index].0.store(0, Ordering::Release);
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.end();
        SEQUENCES[self.index].store(self.sequence, Ordering::Relaxed);
        FREE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(self.index);
    }
}

/// Who has come from outside: the epoch that it found, and where the object was made that it wanted.
static INTRUDERS: Mutex<Vec<(u64, &'static Location<'static>)>> = Mutex::new(Vec::new());

/// Whether there are any; looked at once an execution.
static INTRUDED: AtomicBool = AtomicBool::new(false);

/// Whether the execution of that epoch is still under way; if it is, notes that somebody from outside wants an object of it.
pub(crate) fn intrude(epoch: u64, site: &'static Location<'static>) -> bool {
    let intrudes = is_live(epoch);
    if intrudes {
        INTRUDERS.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((epoch, site));
        INTRUDED.store(true, Ordering::Release);
    }
    intrudes
}

/// Where the object was made that somebody from outside wanted of the execution of that epoch.
pub(crate) fn take_intruder(epoch: u64) -> Option<&'static Location<'static>> {
    if !INTRUDED.load(Ordering::Acquire) {
        return None;
    }
    let mut intruders = INTRUDERS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let place = intruders.iter().position(|(found, _)| *found == epoch)?;
    let (_, site) = intruders[place];
    intruders.retain(|(found, _)| *found != epoch);
    INTRUDED.store(!intruders.is_empty(), Ordering::Release);
    Some(site)
}

/// Whether the execution of that epoch is still under way. If it is not, what it did happened before.
pub(crate) fn is_live(epoch: u64) -> bool {
    epoch != 0 && LIVE[epoch as usize % LANES].0.load(Ordering::Acquire) == epoch
}
