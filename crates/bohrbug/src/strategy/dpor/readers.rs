//! Readers of a lock that a writer waits for: which of them can come before the writer without which.
//!
//! Let a writer *e* have been taken at a place, and let two readers *r* and *s* have been found that could come first. All that
//! begins with *r* is explored; then *s*, while *r* sleeps until *e* has been taken. But *e* waits for *s* to give the lock
//! back, and if whoever has *s* waits for what only the task of *r* can do, nobody can go on: the execution shows nothing
//! new. Whether that is so need not be tried. If some execution has *s*, then the lock given back, then *e*, and only
//! then *r*, then *r* could have been put in front: it conflicts with nothing up to *e*. So an execution is known that has
//! *r*, and in which *s* is given back without having *r* in its past. If none is, *s* alone leads nowhere. Where several
//! readers have been explored, all of them could have been put in front at once: what counts is one execution in which *s*
//! has none of them in its past.
//!
//! That holds for readers that need nothing but that their threads begin, that do only what they announce, and as long as
//! nobody tries to write without waiting before *e*.

use std::ops::Range;

use bohrbug_sync::control::View;
use bohrbug_trace::{ObjectId, Operation};
use smallvec::SmallVec;

use super::history::{History, Step};
use super::node::{Head, Node};

/// The readers among the heads of a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Readers {
    all: SmallVec<[Reader; 2]>,
    /// Whether anything was seen for which the rule is not made.
    is_void: bool,
}

#[derive(Clone, Debug)]
struct Reader {
    /// Its place among the heads.
    place: usize,
    head: Head,
    /// Whether it needs nothing but that threads begin.
    is_free: bool,
    /// Which others it was seen to give the lock back without, an execution each.
    without: SmallVec<[Others; 2]>,
}

/// Readers, a bit each, by their place among all.
type Others = u64;

/// The lock for which the first step of the node waits, to write.
pub(super) fn awaited_lock(node: &Node) -> Option<ObjectId> {
    node.announced.filter(|pending| pending.operation == Operation::WriteLock).map(|pending| pending.object)
}

impl Readers {
    /// Notes a head, if it reads the lock; all are known before any is explored, or the rule is of no use.
    pub(super) fn add(&mut self, place: usize, head: Head, is_free: bool, is_late: bool) {
        self.is_void |= is_late || self.all.len() == Others::BITS as usize;
        self.all.push(Reader { place, head, is_free, without: SmallVec::new() });
    }

    /// Whether nothing new can begin with the head at that place, when all before it have been explored.
    pub(super) fn leads_nowhere(&self, place: usize) -> bool {
        let Some(reader) = self.all.iter().find(|reader| reader.place == place).filter(|_| !self.is_void) else {
            return false;
        };
        let sleeps = |other: &Reader| other.place < place && other.head.proc != reader.head.proc && other.is_free;
        let asleep = self.others(sleeps);
        reader.without.iter().all(|without| asleep & !without != 0) && asleep != 0
    }

    fn others(&self, are: impl Fn(&Reader) -> bool) -> Others {
        let others = self.all.iter().enumerate().filter(|(_, reader)| are(reader));
        others.fold(0, |others, (index, _)| others | 1 << index)
    }

    /// Learns from an execution in which a head was taken; the steps from there to the writer's.
    pub(super) fn learn(&mut self, view: View<'_>, history: &History, steps: Range<usize>, lock: ObjectId) {
        if self.is_void || self.all.len() < 2 {
            return;
        }
        let tries =
            |step: &usize| steps.contains(step) && does(view, &history.steps[*step], lock, Operation::TryWriteLock);
        let seen = |reader: &Reader| history.find(reader.head);
        let is_other = |step: &Step| step.footprint.does_more() || !step.choices.is_empty();
        self.is_void = history.touching(lock).iter().any(tries)
            || self.all.iter().filter_map(seen).any(is_other)
            || history.is_careful();
        for index in 0..self.all.len() {
            let Some(step) = seen(&self.all[index]) else { continue };
            let later = &history.taken_by(step.head.proc)[step.head.number as usize..];
            let back = later.iter().find(|&&later| does(view, &history.steps[later], lock, Operation::ReadUnlock));
            let Some(back) = back.map(|&back| &history.steps[back]) else { continue };
            let apart = self.others(|other| seen(other).is_some_and(|other| !other.is_before(&back.clock)));
            let without = &mut self.all[index].without;
            if !without.iter().any(|known| apart & !known == 0) {
                without.retain(|known| *known & !apart != 0);
                without.push(apart);
            }
        }
    }
}

fn does(view: View<'_>, step: &Step, lock: ObjectId, operation: Operation) -> bool {
    let events = &view.events()[step.events.clone()];
    events.iter().any(|event| event.object == lock && event.operation == operation)
}
