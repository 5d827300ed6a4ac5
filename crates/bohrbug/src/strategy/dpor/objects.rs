//! Which object is which: an object's number depends on the order of first uses, so what is kept from one execution to
//! the next knows it by who uses it.
//!
//! A step that has the same past in two executions uses the same object in both. So each use is remembered by that past,
//! and an object that is met under two names has both from then on. An object no use of which is known from before gets a
//! new name. It is another than all that were there when it got it; of the rest nobody knows, and the search takes it for
//! each of them.

use std::collections::BTreeSet;

use bohrbug_trace::ObjectId;
use rustc_hash::FxHashMap;

use super::footprint::{Footprint, is_unnamed};

/// The names of objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    /// By the past of a use, the name.
    uses: FxHashMap<u64, u32>,
    /// For each name, an older one of the same object, or itself.
    older: Vec<u32>,
    /// By number of the object in this execution, the name.
    here: Vec<Option<u32>>,
    /// For each name, the execution in which it was given, as a place in the list of those.
    given: Vec<usize>,
    /// For each execution in which names were given, those of all objects that it used.
    together: Vec<BTreeSet<u32>>,
}

/// More uses than this are not remembered: then all are forgotten, which costs executions and no behaviours.
const MOST: usize = 1 << 20;

/// Of no more executions it is remembered which objects were there together.
const MOST_TOGETHER: usize = 1 << 12;

/// The first number that no name has.
const NOBODY: u32 = 1 << 31;

impl Objects {
    /// Forgets the objects of this execution but for the first.
    pub(super) fn truncate(&mut self, objects: usize) {
        self.here.truncate(objects);
        if self.has_given() {
            self.together.push(BTreeSet::new());
        }
        if self.uses.len() > MOST {
            self.uses.clear();
        }
    }

    /// Takes in that what has that past uses the object.
    pub(super) fn meet(&mut self, object: ObjectId, past: u64) {
        if is_unnamed(object) || !object.is_some() {
            return;
        }
        if self.here.len() <= object.index() {
            self.here.resize(object.index() + 1, None);
        }
        let name = match (self.here[object.index()], self.uses.get(&past).copied()) {
            (Some(name), Some(other)) => self.unite(name, other),
            (Some(name), None) | (None, Some(name)) => name,
            (None, None) => {
                self.given.push(self.together.len());
                self.older.push(self.older.len() as u32);
                self.older.len() as u32 - 1
            }
        };
        self.here[object.index()] = Some(name);
        self.uses.insert(past, name);
    }

    fn unite(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.oldest(a), self.oldest(b));
        self.older[a.max(b) as usize] = a.min(b);
        a.min(b)
    }

    fn oldest(&self, mut name: u32) -> u32 {
        while self.older[name as usize] != name {
            name = self.older[name as usize];
        }
        name
    }

    /// What an object of this execution is called.
    fn name(&self, object: ObjectId) -> ObjectId {
        if is_unnamed(object) || !object.is_some() {
            return object;
        }
        let name = self.here.get(object.index()).copied().flatten();
        ObjectId(name.map_or(NOBODY + object.0, |name| self.oldest(name)))
    }

    /// A footprint in this execution's numbers, in names.
    pub(super) fn named(&self, footprint: &Footprint) -> Footprint {
        footprint.map(|object| self.name(object))
    }

    /// The execution has used all the objects that it uses.
    pub(super) fn all_met(&mut self) {
        if self.has_given() {
            let remembered = self.together.len() < MOST_TOGETHER;
            self.together.push(if remembered { self.names() } else { BTreeSet::new() });
        }
    }

    /// Whether a name was given in this execution.
    fn has_given(&self) -> bool {
        self.given.last() == Some(&self.together.len())
    }

    /// The names of the objects of this execution.
    pub(super) fn names(&self) -> BTreeSet<u32> {
        self.here.iter().flatten().map(|&name| self.oldest(name)).collect()
    }

    /// Whether the two are known to be two.
    fn are_two(&self, a: u32, b: u32) -> bool {
        let was_there = |name: u32, other: u32| {
            let names = &self.together[self.given[name as usize]];
            names.iter().any(|&name| self.oldest(name) == other)
        };
        let (a, b) = (self.oldest(a), self.oldest(b));
        a != b && (was_there(a, b) || was_there(b, a))
    }

    /// A footprint in names of another execution, in those of this one, which are `names`; `None` if an object may be one
    /// of `others` without its being known.
    pub(super) fn recognised(
        &self,
        footprint: &Footprint,
        names: &BTreeSet<u32>,
        others: &[ObjectId],
    ) -> Option<Footprint> {
        let is_name = |object: ObjectId| object.0 < NOBODY;
        let recognised = |object: ObjectId| {
            if !is_name(object) {
                return Some(object);
            }
            let name = self.oldest(object.0);
            let are_two = |&other: &ObjectId| !is_name(other) || self.are_two(name, other.0);
            (names.contains(&name) || others.iter().all(are_two)).then_some(ObjectId(name))
        };
        footprint.try_map(recognised)
    }
}
