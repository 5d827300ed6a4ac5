//! Whether an execution has used a static atomic, which says nothing about the executions that have used it before, or that
//! use it now in another thread. All other statics are known by what they remember.

use std::ops::Range;
use std::sync::OnceLock;

use bohrbug_sync::control::View;

/// Whether an atomic of the execution lies where statics do.
pub(super) fn are_used(view: View<'_>) -> bool {
    static PLACES: OnceLock<Vec<Range<usize>>> = OnceLock::new();
    let places = PLACES.get_or_init(places);
    view.atomics().any(|address| places.iter().any(|place| place.contains(&address)))
}

/// Whether that can be told.
pub(super) const fn can_be_told() -> bool {
    cfg!(target_os = "linux")
}

/// The writable parts of the program and of its libraries.
#[cfg(target_os = "linux")]
fn places() -> Vec<Range<usize>> {
    unsafe extern "C" fn add(info: *mut libc::dl_phdr_info, _: usize, places: *mut libc::c_void) -> libc::c_int {
        // SAFETY: it is called with what was handed over below, and with headers that stay while it is called.
        let (info, places) = unsafe { (&*info, &mut *places.cast::<Vec<Range<usize>>>()) };
        // SAFETY: so many there are.
        let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
        for header in headers.iter().filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W != 0)
        {
            let begin = (info.dlpi_addr + header.p_vaddr) as usize;
            places.push(begin..begin + header.p_memsz as usize);
        }
        0
    }
    let mut places = Vec::new();
    // SAFETY: it is called back before this returns, with the vector.
    unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut places).cast()) };
    places
}

#[cfg(not(target_os = "linux"))]
const fn places() -> Vec<Range<usize>> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};

    use super::*;
    use crate::{Exploration, Program};

    static ATOMIC: AtomicU32 = AtomicU32::new(0);

    #[test]
    #[cfg(target_os = "linux")]
    fn a_static_lies_where_statics_do_and_others_do_not() {
        let of = |address: *const AtomicU32| places().iter().any(|place| place.contains(&(address as usize)));
        assert!(of(&raw const ATOMIC));
        assert!(!of(&raw const *Box::new(AtomicU32::new(0))) && !of(&AtomicU32::new(0)));
    }

    #[test]
    fn a_search_that_uses_a_static_atomic_is_one_of_one_thread() {
        let program = Program::new(|| {
            ATOMIC.store(0, SeqCst);
            let other = bohrbug_sync::thread::spawn(|| (0..4).for_each(|_| _ = ATOMIC.fetch_add(1, SeqCst)));
            (0..4).for_each(|_| _ = ATOMIC.fetch_add(1, SeqCst));
            other.join().unwrap();
            assert_eq!(ATOMIC.load(SeqCst), 8);
        });
        for jobs in [1, 2, 4] {
            let report = Exploration::new("static", "dpor").jobs(jobs).run(&program, |_| ()).unwrap();
            assert_eq!((report.executions, report.verdict.name()), (70, "verified"), "{jobs}");
        }
    }
}
