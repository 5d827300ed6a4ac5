//! Objects in memory that was freed: nobody may look at them, and whoever wants to has failed.

use bohrbug_events::{ObjectId, ObjectKind, Outcome};

use super::{Ctx, Incident, Inner, Runtime, Status};
use crate::ambient::ambient;
use crate::native;

impl Ctx {
    /// Ends the execution if an object of that kind at that address is in freed memory, before anybody looks at it.
    #[inline]
    pub(crate) fn guard(self, address: usize, kind: ObjectKind) {
        // SAFETY: a look at a flag.
        if unsafe { self.tables() }.guards_memory {
            self.look_at(address, kind);
        }
    }

    #[cold]
    fn look_at(self, address: usize, kind: ObjectKind) {
        // A task that unwinds has nowhere to go.
        if self.head().status() != Status::Running || std::thread::panicking() {
            return;
        }
        let is_freed = self.with(|x| {
            let is_freed = x.ask(|driver, view| driver.is_freed(view, address));
            if is_freed {
                let object = x.places.get(&address).copied();
                x.incident(&Incident::UseAfterFree { kind, object, address });
            }
            is_freed
        });
        if is_freed {
            self.end_here();
        }
    }

    /// As [`Ctx::guard`], for the object of what the current task has announced, which was not in freed memory then; on native
    /// only, and of no effect where memory is not guarded. That it was the task's turn is an event, or a replay would not know.
    #[cold]
    pub(crate) fn guard_announced(self) {
        if !self.with(|x| x.guards_memory) {
            return;
        }
        let pending = self.pending(self.current());
        let object = pending.object;
        if self.with(|x| x.frees.iter().any(|(_, freed)| *freed == object)) {
            self.report(&pending, Outcome::Done, None);
            self.with(|x| {
                let place = x.places.iter().find(|(_, there)| **there == object);
                let address = place.map_or(0, |(address, _)| *address);
                let kind = x.objects[object.index()].origin.kind;
                x.incident(&Incident::UseAfterFree { kind, object: Some(object), address })
            });
            self.end_here();
        }
    }

    fn end_here(self) -> ! {
        self.stop_now();
        if self.runtime() == Runtime::Native { native::kernel::abandon(self) } else { self.abandon() }
    }
}

impl Inner {
    /// Remembers where an object is, for when its memory has been freed.
    #[inline]
    pub(crate) fn remember(&mut self, address: usize, object: ObjectId) {
        if self.guards_memory {
            self.places.insert(address, object);
        }
    }
}

/// The current task frees that memory: an access to every object in it, which no event shows.
///
/// An allocator calls this, and must not watch what is allocated meanwhile. It does nothing outside of executions, nor while
/// an execution's own tables change: what they free is no object's.
pub fn note_free(address: usize, size: usize) {
    let Some(x) = ambient() else { return };
    if x.head().status() != Status::Running {
        return;
    }
    let Some(mut x) = x.try_borrow() else { return };
    if !x.guards_memory {
        return;
    }
    let x = &mut *x;
    let steps = x.log.len() as u32;
    for (_, &object) in x.places.range(address..address.saturating_add(size)) {
        x.frees.push((steps, object));
    }
}
