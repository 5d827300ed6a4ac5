//! What a process does when it is about to end in the middle of an execution: it names the test, and has another process make
//! the trace.
//!
//! It runs in a signal's handler, too, on whatever stack that has: nothing is allocated, no lock is taken, and all text and
//! every argument was made ready before. A new process is made by the system call itself, since the C library's `fork` takes
//! locks that whoever crashed may hold.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use libc::{c_char, c_int};

use super::CHILD;
use super::about::Again;
use super::death::Death;
use super::page::Page;
use super::slot::Slot;

/// The thread that is at it, by the address of something of its own; 0 if none is. There is one end.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

/// How many are at what is not to be cut in two.
static UNDISTURBED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Its address tells this thread from others.
    static SELF: u8 = const { 0 };
}

/// Does it before any last act of this process, which waits for it: what is printed is written down as printed. Not longer than
/// two seconds.
pub fn undisturbed<R>(f: impl FnOnce() -> R) -> R {
    struct Done;
    impl Drop for Done {
        fn drop(&mut self) {
            UNDISTURBED.fetch_sub(1, Release);
        }
    }
    UNDISTURBED.fetch_add(1, Acquire);
    let _done = Done;
    f()
}

/// The text and the arguments.
pub(super) struct Words {
    /// Who speaks of what.
    said: CString,
    /// How another process is started; `None` where nobody knows how.
    start: Option<Start>,
    /// What this process becomes then, if it does not end.
    rest: Option<Start>,
}

/// A program, its arguments and its environment, as the system wants them.
struct Start {
    arguments: Vec<CString>,
    environment: Vec<CString>,
    argument_pointers: Vec<*const c_char>,
    environment_pointers: Vec<*const c_char>,
}

impl Words {
    /// For what is called so, whose journal lies there.
    pub(super) fn new(name: &str, journal: &Path, again: Option<&Again>) -> Self {
        let start = again.map(|again| Start::new(again, Some(journal)));
        let rest = again.filter(|again| again.goes_on).map(|again| Start::new(again, None));
        Self { said: c_string(OsStr::new(&format!("bohrbug: `{name}` "))), start, rest }
    }
}

impl Start {
    /// With a journal whose trace is to be made, or without.
    fn new(again: &Again, journal: Option<&Path>) -> Self {
        let arguments = std::iter::once(again.program.as_os_str()).chain(again.arguments.iter().map(AsRef::as_ref));
        let arguments: Vec<CString> = arguments.map(c_string).collect();
        let own: Vec<(&OsStr, &OsStr)> = again.variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        let told = [
            (OsStr::new(CHILD), journal.unwrap_or(Path::new("")).as_os_str()),
            (OsStr::new("RUST_BACKTRACE"), OsStr::new("0")),
        ];
        let own: Vec<_> = own.into_iter().chain(told.into_iter().filter(|_| journal.is_some())).collect();
        let is_set =
            |name: &OsStr| name == CHILD || name == "BOHRBUG_REPLAY" || own.iter().any(|(set, _)| *set == name);
        let inherited =
            std::env::vars_os().filter(|(name, _)| !is_set(name)).map(|(name, value)| variable(&name, &value));
        let environment: Vec<CString> =
            inherited.chain(own.iter().map(|(name, value)| variable(name, value))).collect();
        let pointers = |texts: &[CString]| texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect();
        let (argument_pointers, environment_pointers) = (pointers(&arguments), pointers(&environment));
        Self { arguments, environment, argument_pointers, environment_pointers }
    }

    /// Starts it and waits for its end; its status, if it could be started.
    fn run(&self) -> Option<c_int> {
        let child = new_process();
        if child == 0 {
            keep_quiet();
            self.become_it();
        }
        let mut status = 0;
        // SAFETY: the status is this function's own.
        while child > 0 && unsafe { libc::waitpid(child, &raw mut status, 0) } < 0 && is_interrupted() {}
        (child > 0).then_some(status)
    }

    /// This process becomes the other program.
    fn become_it(&self) -> ! {
        debug_assert!(self.environment.len() < self.environment_pointers.len());
        // SAFETY: every call may be made in a handler, every pointer leads to what `self` owns, and each list ends with a null.
        unsafe {
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
            libc::execve(
                self.arguments[0].as_ptr(),
                self.argument_pointers.as_ptr(),
                self.environment_pointers.as_ptr(),
            );
            libc::_exit(127)
        }
    }
}

/// In a new process: its standard output is nobody's, as a test runner would tell on it.
fn keep_quiet() {
    // SAFETY: the calls may be made in a handler.
    unsafe {
        let nowhere = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        libc::dup2(nowhere, libc::STDIN_FILENO);
        libc::dup2(nowhere, libc::STDOUT_FILENO);
    }
}

/// How the record of a death begins.
const DIED: &[u8; 8] = b"{\"died\":";

/// Does it for that thread, which is in the middle of an execution; once in a process. Whether there is nothing against it: `false`
/// if another process has run the same execution, and nothing was wrong with it.
pub(super) fn perform(slot: &Slot, death: Death) -> bool {
    let this = SELF.with(|this| ptr::from_ref(this).addr());
    // Another thread's last act ends the process, or is taken back; one that fails in its own has nothing more to do.
    while let Err(who) = BEGUN.compare_exchange(0, this, AcqRel, Acquire) {
        if who == this {
            return true;
        }
        pause();
    }
    (0..2_000).take_while(|_| UNDISTURBED.load(Acquire) > 0).for_each(|_| pause());
    let Some(page) = slot.page() else { return true };
    page.set_died(death);
    if slot.is_child() {
        record(slot.records.load(Relaxed), DIED, death.encoded());
        return true;
    }
    let Some(words) = slot.words() else { return true };
    say(&words.said);
    say(if death.is_suspected() { c"may be at the end, by " } else { c"is ended by " });
    write(death.name().as_bytes());
    if words.start.is_some() {
        say(c"; its trace is made in another process\n");
    } else {
        say(c" in the middle of an execution, and nobody has said how to start this program again, so there is no trace\n");
    }
    let Some(start) = &words.start else { return true };
    let status = start.run();
    if status.is_none() {
        say(c"bohrbug: no process can be started; run the test again, which makes the trace of what is left\n");
    }
    if status == Some(0)
        && let Some(rest) = &words.rest
    {
        rest.become_it();
    }
    !status.is_some_and(|status| libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == super::NOT_FOUND)
}

/// It was no end after all.
pub(super) fn take_back(slot: &Slot) {
    slot.page().into_iter().for_each(Page::revive);
    BEGUN.store(0, Release);
}

/// Whether somebody has begun to.
pub(super) fn has_begun() -> bool {
    BEGUN.load(Relaxed) != 0
}

/// Says in the records of a child how many calls deep it has come; elsewhere nobody counts.
pub(super) fn say_depth(slot: &Slot, frames: impl FnOnce() -> u64) {
    if slot.is_child() {
        record(slot.records.load(Relaxed), b"{\"deep\":", frames());
    }
}

/// Writes that to the records of a child.
fn record(records: c_int, start: &[u8; 8], number: u64) {
    let mut text = [0_u8; 48];
    let line = line(start, number, &mut text);
    // SAFETY: the bytes are this function's own.
    unsafe { libc::write(records, line.as_ptr().cast(), line.len()) };
}

/// The record as a line, without an allocation.
fn line<'a>(start: &[u8; 8], mut number: u64, text: &'a mut [u8; 48]) -> &'a [u8] {
    text[..start.len()].copy_from_slice(start);
    let mut digits = [0_u8; 20];
    let mut first = digits.len();
    while number > 0 || first == digits.len() {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    let digits = &digits[first..];
    let end = start.len() + digits.len();
    text[start.len()..end].copy_from_slice(digits);
    text[end..end + 2].copy_from_slice(b"}\n");
    &text[..end + 2]
}

/// A millisecond.
fn pause() {
    let time = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    // SAFETY: the time is this function's own, and the call may be made in a handler.
    unsafe { libc::nanosleep(&raw const time, ptr::null_mut()) };
}

fn say(text: &CStr) {
    write(text.to_bytes());
}

fn write(text: &[u8]) {
    // SAFETY: the bytes are the caller's.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

fn is_interrupted() -> bool {
    std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted
}

/// A copy of this process, in which nothing was done by any library; its number, 0 in the copy.
#[cfg(target_os = "linux")]
fn new_process() -> libc::pid_t {
    // SAFETY: without other flags it is a plain copy; the copy makes system calls only.
    unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD as libc::c_long, 0, 0, 0, 0) as libc::pid_t }
}

#[cfg(not(target_os = "linux"))]
fn new_process() -> libc::pid_t {
    // SAFETY: the copy makes system calls only.
    unsafe { libc::fork() }
}

/// A text without a NUL: there is none in names, paths and variables.
fn c_string(text: &OsStr) -> CString {
    CString::new(text.as_bytes()).unwrap_or_default()
}

fn variable(name: &OsStr, value: &OsStr) -> CString {
    let mut text = name.to_owned();
    text.push("=");
    text.push(value);
    c_string(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_of_a_death_is_a_line_of_json() {
        for death in [Death::Signal(11), Death::StackOverflow, Death::Exit(i32::MAX)] {
            let mut text = [0; 48];
            let line = String::from_utf8(line(DIED, death.encoded(), &mut text).to_vec()).unwrap();
            let value: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(value["died"].as_u64().and_then(Death::decoded), Some(death), "{line}");
        }
    }
}
