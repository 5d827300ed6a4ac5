//! The same addresses in every execution, in every process: memory in the C library's place.
//!
//! Some programs decide by addresses (`parking_lot` finds its queues by a hash of a lock's), and an atomic at an address that was
//! used before is another object than one at a new address. So what code under test allocates lies in `slots`, which give
//! the same addresses to the same requests in the same order, and the stacks of tasks have `stacks`. All others, ourselves among
//! them, are served by the C library, whose functions of that name we shadow as `system` does.
//!
//! Limits: Linux with glibc, 64 bits; tasks that are coroutines; not what is larger than 64 MiB, nor an allocator that a program brings
//! along. Where an execution is over before its end its tasks unwind out of code that does not expect that, and may use what another
//! has freed: no block is given out again there. What an execution leaves behind stays where it is: only who gets its place in another execution is elsewhere.
//! Where the address space is bounded, so that no room can be reserved, addresses differ.

mod slots;
mod stacks;

use std::cell::{Cell, UnsafeCell};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

use bohrbug_sync::control::{is_stopping, is_under_test, place_stacks};
use libc::{c_int, c_void, size_t};

pub(crate) use stacks::{end as stack_end, number as stack_number};

use crate::every_access;
use slots::{Slots, is_ours, usable};

/// Whether there are slots.
static ON: AtomicBool = AtomicBool::new(false);

struct Shared(UnsafeCell<Slots>);

// SAFETY: only the thread whose `OWNER` is set looks inside.
unsafe impl Sync for Shared {}

static SLOTS: Shared = Shared(UnsafeCell::new(Slots::new()));

thread_local! {
    /// Whether this is the thread that explores.
    static OWNER: Cell<bool> = const { Cell::new(false) };
}

/// The process is going to run executions on this thread.
pub(crate) fn start() {
    // What std makes once and keeps is no execution's.
    drop(std::io::stdout());
    if ON.load(Ordering::Relaxed) || !slots::reserve() {
        return;
    }
    OWNER.set(true);
    ON.store(true, Ordering::Relaxed);
    // SAFETY: the memory is theirs, and an execution puts its statics back, so that nothing is left that points to a stack.
    unsafe { place_stacks(stacks::place) };
}

/// An execution begins.
pub(crate) fn begin() {
    if let Some(slots) = slots() {
        slots.begin();
    }
}

/// The slots, on the one thread that may have them.
fn slots() -> Option<&'static mut Slots> {
    // SAFETY: nobody else has them: the thread is the only one, and no caller gives up control meanwhile.
    OWNER.get().then(|| unsafe { &mut *SLOTS.0.get() })
}

/// Memory for code under test; none if somebody else asks, or for as much.
fn allocate(size: usize, alignment: usize) -> Option<*mut u8> {
    if !ON.load(Ordering::Relaxed) || every_access::is_busy() || !is_under_test() {
        return None;
    }
    let block = slots()?.allocate(size, alignment)?;
    every_access::allocated(block.addr()..block.addr() + usable(block.addr()));
    Some(block)
}

/// Whether a block of ours may be there.
#[inline]
pub(crate) const fn is_slot(address: usize) -> bool {
    is_ours(address)
}

unsafe extern "C" {
    fn __libc_malloc(size: size_t) -> *mut c_void;
    fn __libc_calloc(count: size_t, size: size_t) -> *mut c_void;
    fn __libc_realloc(pointer: *mut c_void, size: size_t) -> *mut c_void;
    fn __libc_memalign(alignment: size_t, size: size_t) -> *mut c_void;
    fn __libc_free(pointer: *mut c_void);
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: size_t) -> *mut c_void {
    match allocate(size, 1) {
        Some(pointer) => pointer.cast(),
        // SAFETY: any size may be asked for.
        None => unsafe { __libc_malloc(size) },
    }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: size_t, size: size_t) -> *mut c_void {
    match count.checked_mul(size).and_then(|size| Some((allocate(size, 1)?, size))) {
        Some((pointer, size)) => {
            // SAFETY: the block is new, and that large.
            unsafe { slots::clear(pointer, size) };
            pointer.cast()
        }
        // SAFETY: any size may be asked for.
        None => unsafe { __libc_calloc(count, size) },
    }
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(pointer: *mut c_void, size: size_t) -> *mut c_void {
    if pointer.is_null() {
        return malloc(size);
    }
    if !is_ours(pointer.addr()) {
        // SAFETY: it is the C library's.
        return unsafe { __libc_realloc(pointer, size) };
    }
    let room = usable(pointer.addr());
    if slots::is_of_same_size(size, room) {
        return pointer;
    }
    let new = malloc(size);
    if !new.is_null() {
        // SAFETY: two blocks, of which each has so many bytes; the old one is the caller's to give up.
        unsafe {
            new.copy_from_nonoverlapping(pointer, room.min(size));
            every_access::moved(pointer.addr()..pointer.addr() + room, new.addr()..new.addr() + room.min(size));
            free(pointer);
        }
    }
    new
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(pointer: *mut c_void) {
    if !is_ours(pointer.addr()) {
        // SAFETY: it is the C library's, or null.
        return unsafe { __libc_free(pointer) };
    }
    // What another thread gives back stays as it is: an execution's threads are all on one.
    if OWNER.get() {
        every_access::freed(pointer.addr()..pointer.addr() + usable(pointer.addr()));
    }
    if let Some(slots) = slots() {
        slots.free(pointer.addr(), every_access::is_on() || is_stopping());
    }
}

#[unsafe(no_mangle)]
extern "C" fn memalign(alignment: size_t, size: size_t) -> *mut c_void {
    match allocate(size, alignment) {
        Some(pointer) => pointer.cast(),
        // SAFETY: the C library looks at what it is given.
        None => unsafe { __libc_memalign(alignment, size) },
    }
}

#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(alignment: size_t, size: size_t) -> *mut c_void {
    memalign(alignment, size)
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(place: *mut *mut c_void, alignment: size_t, size: size_t) -> c_int {
    if !alignment.is_power_of_two() || !alignment.is_multiple_of(size_of::<*mut c_void>()) {
        return libc::EINVAL;
    }
    let pointer = memalign(alignment, size);
    if pointer.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller has a place for it.
    unsafe { place.write(pointer) };
    0
}

#[unsafe(no_mangle)]
extern "C" fn valloc(size: size_t) -> *mut c_void {
    memalign(page(), size)
}

#[unsafe(no_mangle)]
extern "C" fn pvalloc(size: size_t) -> *mut c_void {
    size.checked_next_multiple_of(page()).map_or(null_mut(), |size| memalign(page(), size))
}

/// # Safety
///
/// As the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc_usable_size(pointer: *mut c_void) -> size_t {
    if is_ours(pointer.addr()) {
        return usable(pointer.addr());
    }
    type Usable = unsafe extern "C" fn(*mut c_void) -> size_t;
    // SAFETY: this is the type of that function, and the block is the C library's.
    unsafe { std::mem::transmute::<*mut c_void, Usable>(crate::system::next(c"malloc_usable_size"))(pointer) }
}

fn page() -> usize {
    // SAFETY: it only answers.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bohrbug::{Budget, Exploration, Program};
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    /// One test: the thread that begins is the only one with slots.
    #[test]
    fn what_is_allocated_and_where_stacks_are_is_the_same_each_time() {
        start();
        addresses_are_the_same_in_every_execution();
        a_stack_is_used_again_where_its_task_was_left_behind();
    }

    /// Of what is allocated before and after something that stays.
    fn addresses_are_the_same_in_every_execution() {
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let program = Program::new({
            let seen = seen.clone();
            move || {
                begin();
                let first = Box::new(1_u64);
                drop(vec![0_u8; 1000]);
                std::mem::forget(Box::new(2_u64));
                let other = bohrbug_sync::thread::spawn(|| {
                    let local = 3_u64;
                    [&raw const local, &raw const *vec![4_u64; 300].as_slice().first().unwrap()].map(<*const u64>::addr)
                });
                let (aligned, zeros) = (Box::new(Aligned([5; 64])), vec![0_u64; 1 << 16]);
                assert!(zeros.iter().all(|zero| *zero == 0), "calloc gives zeros");
                let mine = [(&raw const *first).addr(), (&raw const *aligned).addr(), zeros.as_ptr().addr()];
                assert!(mine.into_iter().all(is_ours), "{mine:x?}");
                assert_eq!(mine[1] % 64, 0);
                let zeros: Vec<u64> = zeros.into_iter().map(|_| 6).collect();
                seen.lock().unwrap().insert((mine, zeros.len(), other.join().unwrap()));
            }
        });
        let budget = Budget::default().executions(40);
        let report = Exploration::new("addresses", "random").budget(budget).run(&program, |_| ()).unwrap();
        assert!(report.failure().is_none(), "{:?}", report.failure());
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 1, "{seen:x?}");
    }

    /// More often than tasks of other processes may be left behind, whose stacks are lost.
    fn a_stack_is_used_again_where_its_task_was_left_behind() {
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let program = Program::new({
            let seen = seen.clone();
            move || {
                begin();
                bohrbug_sync::thread::spawn({
                    let seen = seen.clone();
                    move || {
                        let word = 0_u32;
                        seen.lock().unwrap().insert((&raw const word).addr());
                        loop {
                            // SAFETY: a word of our own, for which nobody waits outside of the execution.
                            unsafe { libc::syscall(libc::SYS_futex, &raw const word, libc::FUTEX_WAIT, 0, 0_usize) };
                        }
                    }
                });
            }
        });
        let budget = Budget::default().executions(5000);
        let report = Exploration::new("left", "random").off(["deadlock"]).budget(budget).run(&program, |_| ()).unwrap();
        assert_eq!(report.executions, 5000, "{:?}", report.failure());
        assert_eq!(seen.lock().unwrap().len(), 1);
    }

    #[repr(align(64))]
    struct Aligned(#[expect(dead_code, reason = "for its size")] [u8; 64]);

    #[test]
    fn outside_of_executions_the_c_library_allocates() {
        let block = Box::new(1_u64);
        assert!(!is_ours((&raw const *block).addr()));
        // SAFETY: a block of the C library's.
        assert!(unsafe { malloc_usable_size((&raw const *block).cast_mut().cast()) } >= 8);
    }
}
