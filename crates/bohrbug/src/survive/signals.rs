//! The signals that end a process because of what it did.
//!
//! Handlers that were there are asked first: what one of them sees to is no end. They are put back when nothing is explored
//! any more. Under a debugger ours does nothing.

use std::cell::UnsafeCell;
use std::mem::{MaybeUninit, zeroed};
use std::ptr;
use std::sync::{Mutex, PoisonError};

use libc::{c_int, c_void, sigaction, siginfo_t};

use super::death::{Death, SIGNALS};
use super::slot::Slot;
use super::{last_act, stack};

/// How many guards there are.
static GUARDS: Mutex<usize> = Mutex::new(0);

/// The handlers that were there before, in the order of [`SIGNALS`].
struct Before(UnsafeCell<[MaybeUninit<sigaction>; SIGNALS.len()]>);

// SAFETY: written under the lock of `GUARDS` while none of ours is installed, and only read while one may be.
unsafe impl Sync for Before {}

static BEFORE: Before = Before(UnsafeCell::new([const { MaybeUninit::uninit() }; SIGNALS.len()]));

/// Keeps ours in place.
pub(super) struct Handlers(());

impl Handlers {
    pub(super) fn install() -> Self {
        let mut guards = GUARDS.lock().unwrap_or_else(PoisonError::into_inner);
        if *guards == 0 {
            install();
        }
        *guards += 1;
        Self(())
    }
}

impl Drop for Handlers {
    fn drop(&mut self) {
        let mut guards = GUARDS.lock().unwrap_or_else(PoisonError::into_inner);
        *guards -= 1;
        if *guards == 0 {
            put_back();
        }
    }
}

fn install() {
    for (place, (signal, _, _)) in SIGNALS.iter().enumerate() {
        // SAFETY: both structures are valid, and nobody reads that place as long as ours is not installed.
        unsafe {
            let mut ours: sigaction = zeroed();
            ours.sa_sigaction = caught as *const () as usize;
            ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
            libc::sigemptyset(&raw mut ours.sa_mask);
            let before = (*BEFORE.0.get())[place].as_mut_ptr();
            libc::sigaction(*signal, ptr::null(), before);
            libc::sigaction(*signal, &raw const ours, ptr::null_mut());
        }
    }
}

fn put_back() {
    for (signal, _, _) in SIGNALS {
        // Somebody's who has installed one after us stays.
        if is_ours(signal) {
            restore(signal);
        }
    }
}

/// The action that was there before.
fn before(signal: c_int) -> Option<&'static sigaction> {
    let place = SIGNALS.iter().position(|(number, _, _)| *number == signal)?;
    // SAFETY: ours is or was installed for that signal, so it was written.
    Some(unsafe { (*BEFORE.0.get())[place].assume_init_ref() })
}

fn restore(signal: c_int) {
    if let Some(before) = before(signal) {
        // SAFETY: it is what the system gave.
        unsafe { libc::sigaction(signal, before, ptr::null_mut()) };
    }
}

fn is_ours(signal: c_int) -> bool {
    // SAFETY: the structure is this function's own.
    unsafe {
        let mut now: sigaction = zeroed();
        libc::sigaction(signal, ptr::null(), &raw mut now) == 0 && now.sa_sigaction == caught as *const () as usize
    }
}

/// The handler.
extern "C" fn caught(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let slot = Slot::mine_or_only().filter(|slot| slot.is_running() && !is_debugged());
    if slot.is_some() && stack::is_overflow(signal, info, context) {
        if let Some(slot) = slot {
            last_act::perform(slot, Death::StackOverflow);
            last_act::say_depth(slot, || stack::depth(context));
        }
        return pass_on(signal, info);
    }
    if ask_theirs(signal, info, context) {
        return;
    }
    slot.into_iter().for_each(|slot| _ = last_act::perform(slot, Death::Signal(signal)));
    pass_on(signal, info);
}

/// Asks the handler that was there, if it is a function; whether it has seen to it.
fn ask_theirs(signal: c_int, info: *mut siginfo_t, context: *mut c_void) -> bool {
    let Some(theirs) = before(signal) else { return false };
    if theirs.sa_sigaction == libc::SIG_DFL || theirs.sa_sigaction == libc::SIG_IGN {
        return false;
    }
    // SAFETY: the system would have called it, with the same arguments.
    unsafe {
        if theirs.sa_flags & libc::SA_SIGINFO == 0 {
            let handler = std::mem::transmute::<usize, extern "C" fn(c_int)>(theirs.sa_sigaction);
            handler(signal);
        } else {
            let handler =
                std::mem::transmute::<usize, extern "C" fn(c_int, *mut siginfo_t, *mut c_void)>(theirs.sa_sigaction);
            handler(signal, info, context);
        }
    }
    // One that does not know what to do gives the signal its usual effect, and comes back: std's does. After an abort the
    // process ends whatever a handler does.
    is_ours(signal) && signal != libc::SIGABRT
}

/// Lets the signal have the effect that it would have had.
fn pass_on(signal: c_int, info: *mut siginfo_t) {
    if is_ours(signal) {
        restore(signal);
    }
    // What the processor has raised comes again by itself.
    // SAFETY: the system gave it.
    let from_kernel = unsafe { (*info).si_code } > 0;
    if !from_kernel {
        // SAFETY: it may be called in a handler.
        unsafe { libc::raise(signal) };
    }
}

/// Whether somebody traces this process.
#[cfg(target_os = "linux")]
fn is_debugged() -> bool {
    const NAME: &[u8] = b"TracerPid:\t";
    let mut status = [0_u8; 1024];
    // SAFETY: the calls may be made in a handler, and the buffer is this function's own.
    let count = unsafe {
        let file = libc::open(c"/proc/self/status".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        let count = libc::read(file, status.as_mut_ptr().cast(), status.len());
        libc::close(file);
        usize::try_from(count).unwrap_or(0)
    };
    let place = status[..count].windows(NAME.len()).position(|bytes| bytes == NAME);
    place.is_some_and(|place| status.get(place + NAME.len()) != Some(&b'0'))
}

#[cfg(not(target_os = "linux"))]
const fn is_debugged() -> bool {
    false
}
