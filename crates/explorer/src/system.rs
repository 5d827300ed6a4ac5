//! In the operating system's place, inside executions: what crates ask Linux for behind std's back, and std for everybody.
//!
//! These are symbols of the C library's, which the linker takes from here, since a program's own definition comes before a shared
//! library's. A futex is then a primitive of ours, random numbers are the same in every execution, and both clocks are the
//! execution's: a `SystemTime`, which is std's own, begins at a fixed date. What aborts as it unwinds, since its execution is over, stays
//! where it is. Outside of executions, in threads that are no tasks, and
//! for all other calls the C library answers.
//!
//! Limits: Linux, 64 bits, glibc. Of futexes waiting and waking, with bits and with either clock, and moving to another word; other
//! operations, which nothing in use but the C library's own locks needs, fail with `ENOSYS`. What calls the kernel without the C
//! library is not seen.

use std::cell::Cell;
use std::ffi::CStr;
use std::time::Duration;

use bohrbug_sync::futex::{self, Waited};
use bohrbug_sync::time::clock;
use libc::{c_int, c_long, c_uint, c_void, clockid_t, size_t, ssize_t, timespec};

/// When every execution begins: the first second of 2026.
const FIRST_SECOND: Duration = Duration::from_secs(1_767_225_600);

/// How long the machine has seemed to run when an execution begins: not zero, so that a little earlier is a moment, too.
const RUNNING_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Bits of a futex's operation that say how, and not what.
const FLAGS: c_int = libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME;

thread_local! {
    /// Where the random numbers of this execution have come to.
    static DRAWN: Cell<u64> = const { Cell::new(0) };
}

/// An execution begins: what is random begins anew.
pub(crate) fn begin() {
    DRAWN.set(0);
}

/// `long syscall(long number, ...)`: integers are passed alike whether or not a function says how many it takes.
///
/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: c_long,
    a: c_long,
    b: c_long,
    c: c_long,
    d: c_long,
    e: c_long,
    f: c_long,
) -> c_long {
    let ours = match number {
        libc::SYS_futex => {
            let call =
                Futex { word: a as *const u32, value: c as u32, second: d, other: e as *const u32, third: f as u32 };
            // SAFETY: the arguments are those of the call.
            unsafe { call.answered(b as c_int) }
        }
        // SAFETY: as above.
        libc::SYS_getrandom => unsafe { random(a as *mut u8, b as size_t) },
        _ => None,
    };
    ours.unwrap_or_else(|| {
        type Syscall = unsafe extern "C" fn(c_long, c_long, c_long, c_long, c_long, c_long, c_long) -> c_long;
        // SAFETY: this is the type of that function, but for how many integers it takes; the arguments are the caller's.
        unsafe { std::mem::transmute::<*mut c_void, Syscall>(next(c"syscall"))(number, a, b, c, d, e, f) }
    })
}

/// `void abort(void)`: std and guards end the process by it where something must not be unwound. A task whose execution is over is
/// unwound there all the same, which is nothing that the program does.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    bohrbug_sync::control::stay_if_over();
    // SAFETY: this is the type of that function.
    unsafe { std::mem::transmute::<*mut c_void, extern "C" fn() -> !>(next(c"abort"))() }
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut c_void, length: size_t, flags: c_uint) -> ssize_t {
    // SAFETY: the arguments are those of the call.
    let ours = unsafe { random(buffer.cast(), length) };
    ours.map_or_else(
        || {
            type Getrandom = unsafe extern "C" fn(*mut c_void, size_t, c_uint) -> ssize_t;
            // SAFETY: this is the type of that function, and the arguments are the caller's.
            unsafe { std::mem::transmute::<*mut c_void, Getrandom>(next(c"getrandom"))(buffer, length, flags) }
        },
        |drawn| drawn as ssize_t,
    )
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(id: clockid_t, time: *mut timespec) -> c_int {
    if let Some(now) = moment(id) {
        // SAFETY: the caller has a place for it.
        unsafe { *time = timespec { tv_sec: now.as_secs() as i64, tv_nsec: now.subsec_nanos().into() } };
        return 0;
    }
    type ClockGettime = unsafe extern "C" fn(clockid_t, *mut timespec) -> c_int;
    // SAFETY: this is the type of that function, and the arguments are the caller's.
    unsafe { std::mem::transmute::<*mut c_void, ClockGettime>(next(c"clock_gettime"))(id, time) }
}

/// The present on that clock in the execution; none for a clock of processor time.
fn moment(id: clockid_t) -> Option<Duration> {
    let before = match id {
        libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE => FIRST_SECOND,
        libc::CLOCK_MONOTONIC | libc::CLOCK_MONOTONIC_COARSE | libc::CLOCK_MONOTONIC_RAW | libc::CLOCK_BOOTTIME => {
            RUNNING_FOR
        }
        _ => return None,
    };
    clock().map(|now| before + now)
}

/// The arguments of an operation on futexes, as Linux calls them but for the operation.
struct Futex {
    word: *const u32,
    value: u32,
    /// Until when, or how many are moved.
    second: c_long,
    /// Where they are moved to.
    other: *const u32,
    /// Bits, or the expected value.
    third: u32,
}

impl Futex {
    /// What the operation comes to; none if no execution is concerned.
    ///
    /// # Safety
    ///
    /// The arguments are as Linux wants them.
    unsafe fn answered(&self, operation: c_int) -> Option<c_long> {
        let Self { word, value, third, .. } = *self;
        let all = libc::FUTEX_BITSET_MATCH_ANY as u32;
        match operation & !FLAGS {
            libc::FUTEX_WAKE => self.wake(all),
            libc::FUTEX_WAKE_BITSET | libc::FUTEX_WAIT_BITSET if third == 0 => refused(libc::EINVAL),
            libc::FUTEX_WAKE_BITSET => self.wake(third),
            // SAFETY: the caller's word, and its time, if it has one.
            libc::FUTEX_WAIT => unsafe { futex::wait(word, value, all, self.time()) }.map(answer),
            libc::FUTEX_WAIT_BITSET => {
                let realtime = operation & libc::FUTEX_CLOCK_REALTIME != 0;
                let id = if realtime { libc::CLOCK_REALTIME } else { libc::CLOCK_MONOTONIC };
                // SAFETY: as above.
                let left = match unsafe { self.time() } {
                    Some(end) => Some(end.saturating_sub(moment(id)?)),
                    None => None,
                };
                // SAFETY: as above.
                unsafe { futex::wait(word, value, third, left) }.map(answer)
            }
            // SAFETY: as above.
            libc::FUTEX_REQUEUE => unsafe { self.requeue(None) },
            // SAFETY: as above.
            libc::FUTEX_CMP_REQUEUE => unsafe { self.requeue(Some(third)) },
            _ => refused(libc::ENOSYS),
        }
    }

    /// The time that is pointed to, if there is one.
    unsafe fn time(&self) -> Option<Duration> {
        // SAFETY: the caller's promise.
        unsafe { (self.second as *const timespec).as_ref() }.map(duration)
    }

    /// To wake none, or fewer, is to wake one.
    fn wake(&self, bits: u32) -> Option<c_long> {
        futex::wake(self.word, (self.value as i32).max(1) as u32, bits).map(c_long::from)
    }

    /// How many were woken and moved.
    unsafe fn requeue(&self, expected: Option<u32>) -> Option<c_long> {
        let (Ok(woken), Ok(moved)) = (u32::try_from(self.value as i32), u32::try_from(self.second as i32)) else {
            return refused(libc::EINVAL);
        };
        // SAFETY: the caller's word.
        let requeued = unsafe { futex::requeue(self.word, expected, (woken, moved), self.other) }?;
        Some(requeued.map_or_else(|_| failure(libc::EAGAIN), |(woken, moved)| (woken + moved).into()))
    }
}

/// The operation fails so, where an execution is concerned.
fn refused(number: c_int) -> Option<c_long> {
    futex::is_ours().then(|| failure(number))
}

fn answer(waited: Waited) -> c_long {
    match waited {
        Waited::Woken => 0,
        Waited::Changed => failure(libc::EAGAIN),
        Waited::TimedOut => failure(libc::ETIMEDOUT),
    }
}

fn failure(number: c_int) -> c_long {
    // SAFETY: it is this thread's.
    unsafe { *libc::__errno_location() = number };
    -1
}

const fn duration(time: &timespec) -> Duration {
    if time.tv_sec < 0 { Duration::ZERO } else { Duration::new(time.tv_sec as u64, time.tv_nsec as u32) }
}

/// Fills the buffer with what comes next in this execution.
unsafe fn random(buffer: *mut u8, length: usize) -> Option<c_long> {
    if !futex::is_ours() {
        return None;
    }
    for place in 0..length {
        let drawn = DRAWN.get();
        DRAWN.set(drawn + 1);
        // SAFETY: the caller's buffer is that long.
        unsafe { buffer.add(place).write(scrambled(drawn) as u8) };
    }
    Some(length as c_long)
}

/// A number that looks nothing like the one before: the finalizer of SplitMix64.
const fn scrambled(number: u64) -> u64 {
    let a = (number.wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let b = (a ^ (a >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let c = (b ^ (b >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    c ^ (c >> 31)
}

/// The C library's function of that name.
pub(crate) fn next(name: &CStr) -> *mut c_void {
    // SAFETY: a name with its end, and nothing else is asked for.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    if found.is_null() {
        std::process::exit(libc::SIGABRT);
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn outside_of_executions_the_c_library_answers() {
        let word = 7_u32;
        // SAFETY: a word of our own, and no wait, for it has another value.
        let waited = unsafe { libc::syscall(libc::SYS_futex, &raw const word, libc::FUTEX_WAIT, 8, 0_usize) };
        assert_eq!((waited, std::io::Error::last_os_error().raw_os_error()), (-1, Some(libc::EAGAIN)));
        let mut bytes = [[0_u8; 16]; 2];
        for bytes in &mut bytes {
            // SAFETY: a buffer of that length.
            assert_eq!(unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), 16, 0) }, 16);
        }
        assert_ne!(bytes[0], bytes[1]);
    }
}
