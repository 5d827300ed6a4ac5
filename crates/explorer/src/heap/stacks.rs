//! The same stacks for the same tasks: each has its addresses, in every process.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ptr::with_exposed_provenance_mut;
use std::sync::{Mutex, PoisonError};

use bohrbug_sync::control::StackMemory;

/// Where they begin: above the slots.
const START: usize = 0x3000_0000_0000;

/// How far apart they are, and so how large at the most.
const APART: usize = 1 << 26;

/// How many tasks, and how many executions at once, have them; more have theirs anywhere.
const TASKS: usize = 1 << 12;
const PLACES: usize = 16;

/// How long those are that there are.
static MAPPED: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

/// Which stack that address is in, if it may be in one.
#[inline]
pub(crate) const fn number(address: usize) -> Option<usize> {
    // A stack ends where its addresses do.
    let number = address.wrapping_sub(START + 1) / APART;
    if number < PLACES * TASKS { Some(number) } else { None }
}

/// Where the stack of that number ends.
pub(crate) const fn end(number: usize) -> usize {
    START + (number + 1) * APART
}

/// The stack of that task, in the executions of that place.
pub(super) fn place(place: usize, task: usize, size: usize) -> Option<StackMemory> {
    let page = super::page();
    let length = size.checked_next_multiple_of(page)? + page;
    if place >= PLACES || task >= TASKS || length > APART {
        return None;
    }
    let base = START + (place * TASKS + task + 1) * APART;
    let mut mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
    let found = *mapped.entry(base).or_insert_with(|| if map(base - length, length, page) { length } else { 0 });
    drop(mapped);
    if found != length {
        return None;
    }
    Some(StackMemory { limit: NonZeroUsize::new(base - length)?, base: NonZeroUsize::new(base)? })
}

/// Maps new memory there, the first page of which cannot be touched; whether it could.
fn map(start: usize, length: usize, page: usize) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE;
    let wanted = with_exposed_provenance_mut(start);
    // SAFETY: new memory, where nothing else is.
    let found = unsafe { libc::mmap(wanted, length, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if found == libc::MAP_FAILED {
        return false;
    }
    // SAFETY: the first page of what was mapped just now.
    let guarded = unsafe { libc::mprotect(found, page, libc::PROT_NONE) } == 0;
    if found == wanted && guarded {
        return true;
    }
    // SAFETY: it was mapped just now, and nobody uses it.
    unsafe { libc::munmap(found, length) };
    false
}
