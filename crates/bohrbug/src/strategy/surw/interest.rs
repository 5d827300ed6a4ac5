//! Which events may be interesting, and in which classes.

use std::panic::Location;

use bohrbug_sync::control::{Origin, Pending, View};
use bohrbug_trace::{Access, ObjectId, ObjectKind, Operation, conflict};
use rustc_hash::FxHashMap;

use super::super::mix;
use crate::names::site;

/// What somebody wants to be interesting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Interest {
    /// One object after the other.
    Learned,
    /// These operations, on whatever object.
    Operations(Vec<Operation>),
    /// The objects whose label contains this.
    Objects(String),
}

impl Interest {
    /// From the text after `surw:`: names of operations with commas, or a part of a label.
    pub(super) fn parse(text: &str) -> Self {
        let operations: Option<Vec<_>> = text.split(',').map(Operation::from_name).collect();
        operations.map_or_else(|| Self::Objects(text.to_owned()), Self::Operations)
    }
}

/// The objects of all executions: what is one object in several of them has one class.
///
/// An object is known by its name, or by where it was made, and its number among these. Atomics and cells do not
/// remember where they were made; without a name they are known by the places in the code that use them, and one place's
/// objects are one class.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    classes: FxHashMap<u64, usize>,
    /// Of each class whether an event changes the object.
    changed: Vec<bool>,
    /// Of each class one that it turned out to be the same with, or itself.
    same: Vec<usize>,
    /// The class of each object of this execution.
    here: Vec<Option<usize>>,
    /// How many objects of this execution were made at one place.
    made: FxHashMap<u64, u64>,
    /// What has been looked up since learning ended, by the address of a place in the code: nothing else depends on that.
    used: FxHashMap<usize, Option<usize>>,
}

impl Objects {
    /// Before an execution.
    pub(super) fn begin(&mut self) {
        self.here.clear();
        self.made.clear();
    }

    /// Whether an event of that class changes its object.
    pub(super) fn is_changed(&self, class: usize) -> bool {
        self.changed.get(class).copied().unwrap_or(false)
    }

    /// The one that stands for all that turned out to be the same.
    pub(super) fn representative(&self, class: usize) -> usize {
        match self.same.get(class) {
            Some(&same) if same != class => self.representative(same),
            _ => class,
        }
    }

    /// The class of an announced operation, if it has one; what is new gets one while learning.
    #[inline]
    pub(super) fn class(
        &mut self,
        interest: &Interest,
        view: View<'_>,
        pending: &Pending,
        learning: bool,
    ) -> Option<usize> {
        if let Interest::Operations(operations) = interest {
            let class = operations.contains(&pending.operation).then_some(0)?;
            return Some(if learning { self.note(class, pending.operation) } else { class });
        }
        // A wait ends with having the mutex, and that others may want.
        let object = if pending.operation == Operation::Wake { pending.other } else { pending.object };
        if !object.is_some() || !can_matter(pending.operation) {
            return None;
        }
        for object in self.here.len()..=object.index() {
            let class = self.class_of(interest, view.origin(ObjectId(object as u32)), learning);
            self.here.push(class.map(|class| self.representative(class)));
        }
        if matches!(interest, Interest::Learned) && is_known_by_use(view.origin(object)) {
            self.class_by_use(object, pending, learning);
        }
        let class = self.here[object.index()]?;
        // Later nothing becomes the same any more, and nobody asks what is changed.
        Some(if learning { self.note(class, pending.operation) } else { class })
    }

    /// What is known of a class while learning.
    fn note(&mut self, class: usize, operation: Operation) -> usize {
        let class = self.representative(class);
        if self.changed.len() <= class {
            self.changed.resize(class + 1, false);
        }
        self.changed[class] |= changes(operation);
        class
    }

    fn class_of(&mut self, interest: &Interest, origin: &Origin, learning: bool) -> Option<usize> {
        if let Interest::Objects(part) = interest {
            return label(origin).contains(part).then_some(0);
        }
        if is_known_by_use(origin) {
            return None;
        }
        let place = place(origin);
        let nth = self.made.entry(place).or_insert(0);
        *nth += 1;
        let key = mix(place, *nth);
        self.class_of_key(key, learning)
    }

    fn class_of_key(&mut self, key: u64, learning: bool) -> Option<usize> {
        if !learning {
            return self.classes.get(&key).copied();
        }
        let next = self.same.len();
        let class = *self.classes.entry(key).or_insert(next);
        if class == next {
            self.same.push(next);
        }
        Some(class)
    }

    fn class_of_site(&mut self, site: &'static Location<'static>) -> Option<usize> {
        let address = std::ptr::from_ref(site).addr();
        if let Some(known) = self.used.get(&address) {
            return *known;
        }
        let class = self.class_of_key(site_key(site), false).map(|class| self.representative(class));
        self.used.insert(address, class);
        class
    }

    fn class_by_use(&mut self, object: ObjectId, pending: &Pending, learning: bool) {
        let used =
            if learning { self.class_of_key(site_key(pending.site), true) } else { self.class_of_site(pending.site) };
        let here = &mut self.here[object.index()];
        let known = std::mem::replace(here, used.or(*here));
        if let (true, Some(known), Some(used)) = (learning, known, used) {
            let (known, used) = (self.representative(known), self.representative(used));
            self.same[known.max(used)] = known.min(used);
        }
    }
}

/// Whether the object does not remember where it was made, and has no name.
fn is_known_by_use(origin: &Origin) -> bool {
    origin.name.is_none() && matches!(origin.kind, ObjectKind::Atomic | ObjectKind::Cell)
}

/// Whether anything depends on when such an operation comes, beside what it has to wait for.
const fn can_matter(operation: Operation) -> bool {
    use Operation::*;
    let releases = matches!(operation, Unlock | ReadUnlock | WriteUnlock | OnceEnd | Leave | Handover);
    let threads = matches!(operation, Spawn | Begin | End | Join);
    !releases && !threads
}

/// Whether the operation conflicts with its like.
fn changes(operation: Operation) -> bool {
    let access = Access { operation, object: ObjectId(0), other: ObjectId::NONE };
    conflict(access, access)
}

/// What an object is called in traces, but for the number of those that are called alike.
fn label(origin: &Origin) -> String {
    let made = || format!("{} {}", origin.kind, site(origin.site));
    origin.name.as_ref().map_or_else(made, ToString::to_string)
}

/// A number for the object's name; for where and as what it was made, if it has none.
fn place(origin: &Origin) -> u64 {
    let site = mix(site_key(origin.site), origin.kind as u64);
    origin.name.as_deref().map_or(site, |name| name.bytes().fold(0, |sum, byte| mix(sum, byte.into())))
}

/// A number for a place in the code.
pub(super) fn site_key(site: &Location<'_>) -> u64 {
    let position = (u64::from(site.line()) << 32) | u64::from(site.column());
    site.file().bytes().fold(position, |sum, byte| mix(sum, byte.into()))
}
