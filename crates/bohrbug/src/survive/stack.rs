//! Whether a fault is a stack that has come to its end, and a stack for the handler that asks.
//!
//! It is if the address is near the stack pointer and lies in memory that nobody may touch: the guard before the stack of a
//! task, of whatever kind, or of a thread. So nothing has to be known of how tasks are carried.
//!
//! How many calls deep it is is counted by the unwinder that std comes with, over the tables that the compiler has written. That is
//! done in a child alone, when all else is said: it may take the loader's lock, and a small stack of a handler may not be enough.

use std::ptr;

use libc::{c_int, c_void, siginfo_t};

/// How far from the stack pointer a push, or a probe of a large frame, can fail.
#[cfg(target_os = "linux")]
const NEAR: usize = 64 << 10;

/// What a handler needs.
const SIZE: usize = 64 << 10;

/// A stack for the handlers of signals in this thread, where it has none that is large enough.
pub(super) struct HandlerStack {
    _room: Vec<u8>,
    before: libc::stack_t,
}

impl HandlerStack {
    pub(super) fn install() -> Option<Self> {
        // SAFETY: the structures are this function's own, and the room stays as long as it is installed.
        unsafe {
            let mut before: libc::stack_t = std::mem::zeroed();
            libc::sigaltstack(ptr::null(), &raw mut before);
            if before.ss_flags & libc::SS_DISABLE == 0 && before.ss_size >= SIZE {
                return None;
            }
            let mut room = Vec::<u8>::with_capacity(SIZE);
            let ours = libc::stack_t { ss_sp: room.as_mut_ptr().cast(), ss_flags: 0, ss_size: SIZE };
            let installed = libc::sigaltstack(&raw const ours, ptr::null_mut()) == 0;
            installed.then_some(Self { _room: room, before })
        }
    }
}

impl Drop for HandlerStack {
    fn drop(&mut self) {
        // SAFETY: it is what the system gave.
        unsafe { libc::sigaltstack(&raw const self.before, ptr::null_mut()) };
    }
}

/// Whether the signal says that a stack has come to its end.
#[cfg(target_os = "linux")]
pub(super) fn is_overflow(signal: c_int, info: *mut siginfo_t, context: *mut c_void) -> bool {
    if signal != libc::SIGSEGV && signal != libc::SIGBUS {
        return false;
    }
    // SAFETY: the system gave both, and for these two signals there is an address.
    let (address, pointer) = unsafe { ((*info).si_addr() as usize, stack_pointer(context.cast())) };
    pointer.is_some_and(|pointer| address.abs_diff(pointer) <= NEAR) && !is_accessible(address)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_overflow(_: c_int, _: *mut siginfo_t, _: *mut c_void) -> bool {
    false
}

/// How many calls deep the code is that a signal has interrupted, as far as it has unwind tables.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn depth(context: *mut c_void) -> u64 {
    struct Count {
        interrupted: usize,
        frames: u64,
    }

    unsafe extern "C" {
        fn _Unwind_Backtrace(visit: extern "C" fn(*mut c_void, *mut c_void) -> c_int, count: *mut c_void) -> c_int;
        fn _Unwind_GetIP(frame: *mut c_void) -> usize;
    }

    extern "C" fn visit(frame: *mut c_void, count: *mut c_void) -> c_int {
        const GO_ON: c_int = 0;
        // SAFETY: the unwinder gives a frame of its own and what it was given, below.
        let (count, place) = unsafe { (&mut *count.cast::<Count>(), _Unwind_GetIP(frame)) };
        // The first frames are the handler's.
        if count.frames > 0 || place == count.interrupted {
            count.frames += 1;
        }
        GO_ON
    }

    // SAFETY: the system gave the context.
    let mut count = Count { interrupted: unsafe { program_counter(context.cast()) }, frames: 0 };
    // SAFETY: the function is the C library's own, and the count stays as long as it runs.
    unsafe { _Unwind_Backtrace(visit, (&raw mut count).cast()) };
    count.frames
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(super) const fn depth(_: *mut c_void) -> u64 {
    0
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
unsafe fn program_counter(context: *const libc::ucontext_t) -> usize {
    // SAFETY: the caller's.
    unsafe { (*context).uc_mcontext.gregs[libc::REG_RIP as usize] as usize }
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
unsafe fn program_counter(context: *const libc::ucontext_t) -> usize {
    // SAFETY: the caller's.
    unsafe { (*context).uc_mcontext.pc as usize }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
unsafe fn stack_pointer(context: *const libc::ucontext_t) -> Option<usize> {
    // SAFETY: the caller's.
    Some(unsafe { (*context).uc_mcontext.gregs[libc::REG_RSP as usize] } as usize)
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
unsafe fn stack_pointer(context: *const libc::ucontext_t) -> Option<usize> {
    // SAFETY: the caller's.
    Some(unsafe { (*context).uc_mcontext.sp } as usize)
}

#[cfg(all(target_os = "linux", not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
unsafe fn stack_pointer(_: *const libc::ucontext_t) -> Option<usize> {
    None
}

/// Whether memory at that address can be read, by the system's own list, without an allocation.
#[cfg(target_os = "linux")]
fn is_accessible(address: usize) -> bool {
    // SAFETY: the calls may be made in a handler, and the buffer is this function's own.
    unsafe {
        let file = libc::open(c"/proc/self/maps".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        if file < 0 {
            return true;
        }
        let mut maps = Maps::new(address);
        let mut buffer = [0_u8; 1024];
        loop {
            let count = libc::read(file, buffer.as_mut_ptr().cast(), buffer.len());
            if count <= 0 || buffer[..count as usize].iter().any(|byte| maps.read(*byte)) {
                break;
            }
        }
        libc::close(file);
        maps.readable
    }
}

/// Reads the list byte by byte: `begin-end permissions …`, a line each.
#[cfg(target_os = "linux")]
struct Maps {
    address: usize,
    begin: usize,
    number: usize,
    /// Which field of the line it is at: the begin, the end, the permissions, the rest.
    field: u8,
    contains: bool,
    readable: bool,
}

#[cfg(target_os = "linux")]
impl Maps {
    const fn new(address: usize) -> Self {
        Self { address, begin: 0, number: 0, field: 0, contains: false, readable: false }
    }

    /// Whether the answer is known.
    const fn read(&mut self, byte: u8) -> bool {
        match (self.field, byte) {
            (_, b'\n') => (self.field, self.number) = (0, 0),
            (0, b'-') => (self.begin, self.field, self.number) = (self.number, 1, 0),
            (1, b' ') => {
                self.contains = self.begin <= self.address && self.address < self.number;
                self.field = 2;
            }
            (0 | 1, b'0'..=b'9') => self.number = self.number << 4 | (byte - b'0') as usize,
            (0 | 1, b'a'..=b'f') => self.number = self.number << 4 | (byte - b'a' + 10) as usize,
            (2, _) => {
                self.field = 3;
                self.readable = self.contains && byte == b'r';
                return self.contains;
            }
            _ => {}
        }
        false
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_is_told_from_what_cannot() {
        let here = 0;
        assert!(is_accessible(&raw const here as usize));
        assert!(!is_accessible(8));
        // SAFETY: a new mapping that nobody else has.
        unsafe {
            let guard =
                libc::mmap(ptr::null_mut(), 4096, libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
            assert!(!is_accessible(guard as usize + 100));
            libc::munmap(guard, 4096);
        }
    }
}
