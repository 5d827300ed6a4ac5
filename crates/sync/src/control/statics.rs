//! Statics that begin anew in each execution: the bits that an object had where an execution first used it are put back at its end.
//!
//! Only for a process that runs one test and asked for it ([`statics_begin_anew`](super::statics_begin_anew)): there the first
//! execution is the first thing that happens, and the bits are those that the program was built with. What an execution left in
//! a static, a list say, is not dropped: it is leaked. Limits: statics of primitives of this crate alone, with what is in them;
//! nothing else that lies in a static; on Linux, where the linker says where statics are.

use super::{Ctx, own_process};

/// The bits of statics at their first use in the execution.
#[derive(Debug, Default)]
pub(crate) struct Statics {
    kept: Vec<(usize, Box<[u8]>)>,
    /// How many bytes of them were put back with another content, over all executions.
    pub(super) changed: u64,
}

impl Ctx {
    /// An execution uses the object at that place for the first time.
    #[inline]
    pub(crate) fn keep_static(self, address: usize, size: usize) {
        if own_process::keeps_statics() && is_static(address) {
            self.with(|x| x.statics.keep(address, size));
        }
    }
}

impl Statics {
    #[cold]
    fn keep(&mut self, address: usize, size: usize) {
        // SAFETY: the caller's object lies there, and a static stays; its bits are read as such, whatever they are.
        let bits = unsafe { std::slice::from_raw_parts(address as *const u8, size) };
        self.kept.push((address, bits.into()));
    }

    /// Puts them back, the latest first, so that of an object that was kept twice the first bits stay.
    pub(super) fn restore(&mut self) {
        while let Some((address, bits)) = self.kept.pop() {
            // SAFETY: as above; the execution has ended, so that nobody uses the object.
            let now = unsafe { std::slice::from_raw_parts_mut(address as *mut u8, bits.len()) };
            if now != &*bits {
                self.changed += bits.len() as u64;
                now.copy_from_slice(&bits);
            }
        }
    }
}

/// Whether something at that address is a static of this program.
#[cfg(target_os = "linux")]
fn is_static(address: usize) -> bool {
    unsafe extern "C" {
        static __executable_start: u8;
        static _end: u8;
    }
    // No reference is made: only where they are is asked.
    let (start, end) = (&raw const __executable_start, &raw const _end);
    (start.addr()..end.addr()).contains(&address)
}

#[cfg(not(target_os = "linux"))]
fn is_static(_: usize) -> bool {
    false
}
