//! A panic hook that is there while something is explored, and then is not.
//!
//! Panics of tasks are noted and not printed: the report has them, with their place. Everybody else's go to the hook
//! that was there before, which is put back when the last exploration of the process ends. Where a destructor panics while its
//! task unwinds the process ends, and there is no report; then both panics are printed. shuttle installs a hook of
//! its own at its first run, for ever and over everything; it is made to do that here, once, and is then taken off.

mod last_words;

use std::panic::{PanicHookInfo, set_hook, take_hook};
#[cfg(feature = "shuttle")]
use std::sync::Once;
use std::sync::{Mutex, PoisonError, RwLock};

use bohrbug_sync::control::note_panic;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// How many explorations are under way.
static EXPLORATIONS: Mutex<usize> = Mutex::new(0);

/// The hook that was there before, while any exploration is under way. It is kept as it is and put back as it is: one
/// wrapped into another at each exploration would be a chain that grows.
///
/// std holds a lock of its own while a hook runs, and ours reads this. So this is written only while ours is not
/// installed, when nobody can be in it.
static BEFORE: RwLock<Option<Hook>> = RwLock::new(None);

/// Keeps our hook in place.
#[derive(Debug)]
pub(crate) struct Quiet(());

impl Quiet {
    pub(crate) fn begin() -> Self {
        let mut explorations = EXPLORATIONS.lock().unwrap_or_else(PoisonError::into_inner);
        if *explorations == 0 {
            let theirs = take_hook();
            #[cfg(feature = "shuttle")]
            take_off_shuttles();
            *BEFORE.write().unwrap_or_else(PoisonError::into_inner) = Some(theirs);
            set_hook(Box::new(note_or_pass_on));
        }
        *explorations += 1;
        Self(())
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let mut explorations = EXPLORATIONS.lock().unwrap_or_else(PoisonError::into_inner);
        *explorations -= 1;
        if *explorations > 0 {
            return;
        }
        if std::thread::panicking() {
            // A thread that panics may not touch the hook; another one may.
            std::thread::scope(|scope| _ = scope.spawn(put_back).join());
        } else {
            put_back();
        }
    }
}

fn put_back() {
    drop(take_hook());
    let theirs = BEFORE.write().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(theirs) = theirs {
        set_hook(theirs);
    }
}

fn note_or_pass_on(info: &PanicHookInfo<'_>) {
    if note_panic(info) {
        last_words::keep(info);
    } else if let Some(theirs) = &*BEFORE.read().unwrap_or_else(PoisonError::into_inner) {
        theirs(info);
    }
}

/// Takes off, once in a process, the hook that shuttle installs at its first run.
#[cfg(feature = "shuttle")]
fn take_off_shuttles() {
    static FIRST: Once = Once::new();
    FIRST.call_once(crate::runtime::take_off_hook);
}
