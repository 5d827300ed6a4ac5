//! The watchdog: a thread that looks at those that explore, and ends the process where one of them comes to no event.
//!
//! Processor time without an event is a loop without an end; a thread that waits, at every look, for something outside waits for
//! what is not controlled. Both are measured so that a machine that is busy, or stopped for a while, makes no difference:
//! processor time is the thread's own, and waiting is counted in looks. Nothing of either is recorded.
//!
//! Here an event shows only where there was something to decide. So what is seen is a suspicion, and the child that is to make the
//! trace, whose every event is seen, has the last word: if it comes to the end of the execution this process goes on.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Condvar, Mutex, Once, PoisonError};
use std::time::Duration;

use super::death::Death;
use super::last_act;
use super::slot::{NOBODY, SLOTS, Slot, TABLE};

/// Between two looks, at the most.
const LOOK: Duration = Duration::from_millis(100);

/// What a task may use without an event, in milliseconds.
static BUDGET: AtomicU64 = AtomicU64::new(10_000);

/// How many guards there are, and who wakes the thread when there is one.
static GUARDS: Mutex<usize> = Mutex::new(0);
static WAKE: Condvar = Condvar::new();

/// Keeps the watchdog awake.
pub(super) struct Awake(());

impl Awake {
    pub(super) fn begin(budget: Duration) -> Self {
        static STARTED: Once = Once::new();
        BUDGET.store(u64::try_from(budget.as_millis()).unwrap_or(u64::MAX).max(1), Release);
        STARTED.call_once(|| {
            // A system without another thread has to do without.
            let _ = std::thread::Builder::new().name("bohrbug-watchdog".to_owned()).spawn(watch);
        });
        *GUARDS.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        WAKE.notify_one();
        Self(())
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        *GUARDS.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}

/// What was seen of a slot when it last came further.
#[derive(Clone, Copy, Default)]
struct Seen {
    mark: Mark,
    /// The processor time that its thread had used then.
    used: Duration,
    /// And at the last look.
    last_used: Duration,
    /// At how many looks in a row it has waited.
    waits: u32,
    /// How many times the budget it is given: more, once it was suspected and nothing was wrong.
    patience: u32,
}

/// How far an execution has come.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Mark {
    thread: i32,
    number: u64,
    complete: u64,
    decisions: u64,
    events: u64,
}

fn watch() {
    let mut seen = [Seen::default(); SLOTS.len()];
    loop {
        let look = wait();
        let table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
        for (slot, seen) in SLOTS.iter().zip(&mut seen) {
            if let Some(death) = seen.look(slot, look) {
                end(slot, death);
                seen.patience = seen.patience.max(1).saturating_mul(4);
            }
        }
        drop(table);
    }
}

/// Waits for the next look; how long that was, about.
fn wait() -> Duration {
    let look = LOOK.min(Duration::from_millis((BUDGET.load(Acquire) / 4).max(1)));
    let mut guards = GUARDS.lock().unwrap_or_else(PoisonError::into_inner);
    while *guards == 0 {
        guards = WAKE.wait(guards).unwrap_or_else(PoisonError::into_inner);
    }
    drop(WAKE.wait_timeout(guards, look).unwrap_or_else(PoisonError::into_inner));
    look
}

impl Seen {
    /// Looks at a slot; how the process has to end for it, if it has to.
    fn look(&mut self, slot: &Slot, look: Duration) -> Option<Death> {
        let page = slot.page().filter(|page| page.is_running())?;
        let mark = Mark {
            thread: slot.thread.load(Relaxed),
            number: page.number(),
            complete: page.complete(),
            decisions: page.count(),
            events: slot.events.load(Relaxed),
        };
        if mark.thread == NOBODY && cfg!(target_os = "linux") {
            return None;
        }
        let Now { used, waits } = now(mark.thread)?;
        if mark != self.mark {
            *self = Self { mark, used, last_used: used, waits: 0, patience: 1 };
            return None;
        }
        self.waits = if waits && used == self.last_used { self.waits + 1 } else { 0 };
        self.last_used = used;
        let budget = Duration::from_millis(BUDGET.load(Acquire)).saturating_mul(self.patience.max(1));
        if used.saturating_sub(self.used) >= budget {
            return Some(Death::EndlessLoop);
        }
        (look * self.waits >= budget).then_some(Death::Blocked)
    }
}

/// Ends the process for a thread that will not come further; comes back if there is reason to think that it will.
fn end(slot: &Slot, death: Death) {
    if last_act::has_begun() {
        return;
    }
    if !last_act::perform(slot, death) {
        return last_act::take_back(slot);
    }
    // SAFETY: it does not come back.
    unsafe { libc::_exit(super::FAILED) }
}

/// What a thread, or a process, is doing.
pub(super) struct Now {
    /// The processor time that it has used.
    pub(super) used: Duration,
    /// Whether it waits in the system.
    pub(super) waits: bool,
}

#[cfg(target_os = "linux")]
fn now(thread: i32) -> Option<Now> {
    read(&format!("/proc/self/task/{thread}/stat"))
}

/// What all threads of a process are doing: it waits if each of them does.
#[cfg(target_os = "linux")]
pub(super) fn now_of(process: u32) -> Option<Now> {
    let Now { used, .. } = read(&format!("/proc/{process}/stat"))?;
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten();
    let mut threads = threads.filter_map(|thread| read(thread.path().join("stat").to_str()?));
    Some(Now { used, waits: threads.all(|thread| thread.waits) })
}

#[cfg(target_os = "linux")]
fn read(path: &str) -> Option<Now> {
    let text = std::fs::read_to_string(path).ok()?;
    // The name, in brackets, may have anything in it.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let waits = matches!(fields.next()?, "S" | "D");
    let ticks = |text: Option<&str>| text?.parse::<u64>().ok();
    let ticks = ticks(fields.nth(10))? + ticks(fields.next())?;
    // SAFETY: it takes a number and gives one.
    let per_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).ok()?.max(1);
    Some(Now { used: Duration::from_millis(ticks * 1000 / per_second), waits })
}

/// Elsewhere nobody says how much a thread has used.
#[cfg(not(target_os = "linux"))]
const fn now(_: i32) -> Option<Now> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) const fn now_of(_: u32) -> Option<Now> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc;

    use super::super::page::Page;
    use super::*;

    #[test]
    fn nobody_is_suspected_while_an_execution_is_on_its_way_to_another_thread() {
        static SLOT: Slot = Slot::new();
        // SAFETY: zeros are a page.
        let page = unsafe { Box::<Page>::new_zeroed().assume_init() };
        page.begin(0, false);
        SLOT.enter(&raw const *page, std::ptr::null_mut(), -1);
        let (say, waiting) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let waits = std::thread::spawn(move || {
            // SAFETY: it takes nothing and cannot fail.
            say.send(unsafe { libc::gettid() }).unwrap();
            ended.recv().unwrap_err();
        });
        let thread = waiting.recv().unwrap();
        let budget = Duration::from_millis(BUDGET.load(Acquire));
        let mut seen = Seen::default();
        SLOT.thread.store(NOBODY, Relaxed);
        assert!((0..10).all(|_| seen.look(&SLOT, budget).is_none()));
        SLOT.thread.store(thread, Relaxed);
        while seen.look(&SLOT, budget) != Some(Death::Blocked) {
            std::thread::yield_now();
        }
        drop(end);
        waits.join().unwrap();
        SLOT.leave();
    }

    #[test]
    fn what_a_process_uses_is_what_its_threads_use() {
        let process = now_of(std::process::id()).unwrap();
        assert!(!process.waits, "this thread runs");
        assert!(now_of(u32::MAX).is_none());
    }

    #[test]
    fn a_thread_that_runs_uses_time_and_does_not_wait() {
        // SAFETY: it takes nothing and cannot fail.
        let thread = unsafe { libc::gettid() };
        let first = now(thread).unwrap();
        assert!(!first.waits);
        let mut number = 1_u64;
        while now(thread).unwrap().used == first.used {
            (0..100_000).for_each(|_| number = std::hint::black_box(number.wrapping_mul(3)));
        }
    }
}
