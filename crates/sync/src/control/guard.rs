//! Objects in memory that was freed: nobody may look at them, and whoever wants to has failed.

use bohrbug_events::{ObjectId, ObjectKind};

use super::{Ctx, Incident, Runtime, Status};
use crate::ambient::ambient;
use crate::native;

impl Ctx {
    /// Ends the execution if an object of that kind at that address is in freed memory, before anybody looks at it.
    #[inline]
    pub(crate) fn guard(self, address: usize, kind: ObjectKind) {
        if self.get().guards_memory {
            self.look_at(address, kind);
        }
    }

    /// Remembers where an object is, for when its memory has been freed.
    #[inline]
    pub(crate) fn remember(self, address: usize, object: ObjectId) {
        if self.get().guards_memory {
            self.get().places.insert(address, object);
        }
    }

    fn look_at(self, address: usize, kind: ObjectKind) {
        let x = self.get();
        // A task that unwinds has nowhere to go.
        let is_watched = x.status == Status::Running && !std::thread::panicking();
        if !is_watched || !x.ask(|driver, view| driver.is_freed(view, address)) {
            return;
        }
        let object = x.places.get(&address).copied();
        x.incident(&Incident::UseAfterFree { kind, object, address });
        x.status = Status::Stopping;
        if self.runtime() == Runtime::Native { native::kernel::abandon(self) } else { self.abandon() }
    }
}

/// The current task frees that memory: an access to every object in it, which no event shows.
///
/// An allocator calls this, and must not watch what is allocated meanwhile. It does nothing outside of executions.
pub fn note_free(address: usize, size: usize) {
    let Some(x) = ambient() else { return };
    let x = x.get();
    if !x.guards_memory || x.status != Status::Running {
        return;
    }
    let steps = x.log.len() as u32;
    for (_, &object) in x.places.range(address..address.saturating_add(size)) {
        x.frees.push((steps, object));
    }
}
