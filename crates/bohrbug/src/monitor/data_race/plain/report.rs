//! Two accesses to plain memory in words.

use std::fmt;

use bohrbug_sync::control::View;
use bohrbug_trace::{FailureKind, Operation};

use super::{Act, Past, Place};
use crate::failure::Failure;
use crate::names::{Names, site};

/// Two accesses that must not be: nothing orders them, or the first has freed the memory.
pub(super) struct Wrong {
    pub(super) past: Past,
    pub(super) now: Past,
    pub(super) is_ordered: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told(place) => f.write_str(place),
            Self::Site(place) => f.write_str(&site(place)),
        }
    }
}

/// The failure that they are; the second is to so many bytes.
pub(super) fn failure(view: View<'_>, wrong: &Wrong, size: usize) -> Failure {
    let &Wrong { past, now, is_ordered } = wrong;
    let names = Names::of(view);
    let bytes = if size == 1 { "1 byte".to_owned() } else { format!("{size} bytes") };
    let kind = if is_ordered { FailureKind::MemoryMisuse } else { FailureKind::DataRace };
    let (me, they) = (names.task(now.task), names.task(past.task));
    let message = if is_ordered {
        format!("{me} {} ({}) that {they} had freed before ({})", verb(now, &bytes), now.place, past.place)
    } else {
        let noun = noun(past, now);
        format!(
            "{me} {} ({}), and nothing orders that after {they}'s {noun} ({})",
            verb(now, &bytes),
            now.place,
            past.place
        )
    };
    let involved = [past, now].map(|past| {
        let operation = if past.act == Act::Read { Operation::CellRead } else { Operation::CellWrite };
        (operation, format!("{} memory at {}", names.task(past.task), past.place))
    });
    Failure::new(kind, message).in_task(me.to_owned()).at(Some(now.place.to_string())).of(involved.into())
}

fn verb(now: Past, bytes: &str) -> String {
    match (now.act, now.atomic) {
        (Act::Free, _) => "frees a block".to_owned(),
        (Act::Allocate, _) => "allocates a block".to_owned(),
        (Act::Leave, _) => "leaves a function with its variables".to_owned(),
        (Act::Read, None) => format!("reads {bytes}"),
        (Act::Write, None) => format!("writes {bytes}"),
        (Act::Read, Some(_)) => format!("atomically reads {bytes}"),
        (Act::Write, Some(_)) => format!("atomically writes {bytes}"),
    }
}

fn noun(past: Past, now: Past) -> &'static str {
    let differs = now.atomic.is_some() && past.atomic != now.atomic;
    match (past.act, past.atomic) {
        (Act::Free, _) => "free of them",
        (Act::Allocate, _) => "allocation of them",
        (Act::Leave, _) => "return from the function that had some of them",
        (Act::Read, None) => "read of some of them",
        (Act::Write, None) => "write to some of them",
        (Act::Read, Some(_)) if differs => "atomic read of another number of them",
        (Act::Write, Some(_)) if differs => "atomic write to another number of them",
        (Act::Read, Some(_)) => "atomic read of some of them",
        (Act::Write, Some(_)) => "atomic write to some of them",
    }
}
