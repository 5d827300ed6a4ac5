//! What is kept in thread-locals and belongs to an execution, where that goes on on another OS thread: the books of the
//! allocator, and what guards whoever explores.

use bohrbug_sync::control::{self, Luggage};

use crate::{memory, survive};

/// What was packed on one OS thread.
struct Packed {
    books: Option<memory::Carried>,
    guarded: Option<survive::Carried>,
}

/// From now on it goes along.
pub(crate) fn carry() {
    control::carry_by(pack, unpack);
}

/// The books come first: what is allocated after them is watched by nobody.
fn pack() -> Option<Luggage> {
    let packed = Packed { books: memory::pack(), guarded: survive::pack() };
    (packed.books.is_some() || packed.guarded.is_some()).then(|| Box::new(packed) as Luggage)
}

fn unpack(luggage: Luggage) {
    if let Ok(packed) = luggage.downcast::<Packed>() {
        let Packed { books, guarded } = *packed;
        guarded.into_iter().for_each(survive::unpack);
        books.into_iter().for_each(memory::unpack);
    }
}
