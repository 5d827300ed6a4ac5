//! A panic hook that is there while something is explored, and then is not.
//!
//! Panics of tasks are noted and not printed: the report has them, with their place. Everybody else's go to the hook
//! that was there before, which is put back when the last exploration of the process ends. shuttle installs a hook of
//! its own at its first run, for ever and over everything; it is made to do that here, once, and is then taken off.

use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::{Arc, Mutex, Once, PoisonError};

use bohrbug_sync::control::note_panic;

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// The hook that was there before, while any exploration is under way, and how many are.
static BEFORE: Mutex<(usize, Option<Arc<Hook>>)> = Mutex::new((0, None));

/// Keeps our hook in place.
#[derive(Debug)]
pub(crate) struct Quiet(());

impl Quiet {
    pub(crate) fn begin() -> Self {
        let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        if before.0 == 0 {
            let theirs: Arc<Hook> = Arc::from(take_hook());
            take_off_shuttles();
            before.1 = Some(theirs.clone());
            set_hook(Box::new(move |info| {
                if !note_panic(info) {
                    theirs(info);
                }
            }));
        }
        before.0 += 1;
        Self(())
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A thread that panics may not touch the hook; the next exploration to end will.
        let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        before.0 -= 1;
        if before.0 == 0
            && !std::thread::panicking()
            && let Some(theirs) = before.1.take()
        {
            drop(take_hook());
            set_hook(Box::new(move |info| theirs(info)));
        }
    }
}

/// Lets shuttle install its hook, with nothing to print, and takes it off again.
fn take_off_shuttles() {
    static FIRST: Once = Once::new();
    FIRST.call_once(|| {
        let mut config = shuttle::Config::new();
        config.failure_persistence = shuttle::FailurePersistence::None;
        shuttle::Runner::new(shuttle::scheduler::RoundRobinScheduler::new(1), config).run(|| ());
        drop(take_hook());
    });
}
