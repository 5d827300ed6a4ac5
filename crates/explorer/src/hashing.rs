//! The same order in every `HashMap` of every execution.
//!
//! std draws the keys of its hashes once an OS thread, and counts one of them up for each map after that; all executions run on one
//! OS thread, so each would find other keys. They lie in a thread-local of std's that nobody can name. It is looked for: two
//! maps' keys say what has to be there, and where that is found in this thread's storage, and std uses what is put there, those are
//! they. If nothing is found, hashes are not the same, and a report of nondeterminism says so in its own way.

#![expect(clippy::disallowed_types, reason = "that their order differs each time is what ends here")]

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::ffi::c_void;

/// The two keys, as `RandomState` has them.
type Keys = [u64; 2];

const _: () = assert!(size_of::<RandomState>() == size_of::<Keys>());

/// What the keys are when an execution begins.
const FIRST: u64 = 0x0B0E_0B06;

thread_local! {
    /// Where std keeps the keys of this thread; none before anybody looked, and null if they were not found.
    static PLACE: Cell<Option<*mut u64>> = const { Cell::new(None) };
}

/// An execution begins: maps are hashed as in every other.
pub(crate) fn begin() {
    let place = PLACE.get().unwrap_or_else(|| {
        let place = find().unwrap_or(std::ptr::null_mut());
        PLACE.set(Some(place));
        place
    });
    if !place.is_null() {
        put(place);
    }
}

/// The keys of a map that is made now.
fn drawn() -> Keys {
    // SAFETY: it is two words without a value that is forbidden, whatever they are called; its size is that.
    unsafe { std::mem::transmute::<RandomState, Keys>(RandomState::new()) }
}

fn put(place: *mut u64) {
    for word in 0..2 {
        // SAFETY: `find` has seen that std's two words are there, of this thread; std reads them while it makes a map, and not now.
        unsafe { place.add(word).write_volatile(FIRST) };
    }
}

/// Looks for what two maps' keys say has to be there.
fn find() -> Option<*mut u64> {
    let (first, second) = (drawn(), drawn());
    let counted =
        (0..2).find(|&word| second[word] == first[word].wrapping_add(1) && second[1 - word] == first[1 - word])?;
    let (count, fixed) = (second[counted].wrapping_add(1), second[1 - counted]);
    let (start, words) = storage()?;
    let place = (0..words.saturating_sub(1)).find(|&word| {
        // SAFETY: inside this thread's storage, which is never unmapped while it runs; whatever is there is read as bits.
        let there = unsafe { [start.add(word).read_volatile(), start.add(word + 1).read_volatile()] };
        there == [count, fixed] || there == [fixed, count]
    })?;
    // SAFETY: as above.
    let place = unsafe { start.add(place) };
    put(place);
    (drawn() == [FIRST, FIRST]).then_some(place)
}

/// This thread's storage for thread-locals of the program itself, in words.
fn storage() -> Option<(*mut u64, usize)> {
    unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _: usize, found: *mut c_void) -> libc::c_int {
        // SAFETY: the C library passes a description that is there during the call, and what we gave it.
        let (info, found) = unsafe { (&*info, &mut *found.cast::<Option<(*mut u64, usize)>>()) };
        // SAFETY: that many headers are there.
        let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
        let size = headers.iter().find(|header| header.p_type == libc::PT_TLS).map_or(0, |header| header.p_memsz);
        let start = info.dlpi_tls_data.cast::<u64>();
        if !start.is_null() && start.is_aligned() {
            *found = Some((start, size as usize / size_of::<u64>()));
        }
        // The first is the program itself.
        1
    }
    let mut found = None::<(*mut u64, usize)>;
    // SAFETY: the function above is what it is called for, and `found` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut found).cast()) };
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_execution_has_the_same_order() {
        let order = || {
            begin();
            let (first, second): (HashSet<u32>, HashSet<u32>) = ((0..50).collect(), (0..50).collect());
            [first, second].map(|set| set.into_iter().collect::<Vec<u32>>())
        };
        let [first, second] = order();
        assert_ne!(first, second, "two maps have different keys");
        assert_eq!(order(), [first.clone(), second]);
        assert_eq!(std::thread::spawn(move || order()[0].clone()).join().unwrap(), first);
    }
}
