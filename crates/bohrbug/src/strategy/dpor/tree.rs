//! Wake-up trees: the sequences that are still to be explored from a place in the execution.
//!
//! A new sequence goes down along every branch that it could begin with, and leaves the tree as it is if it comes to the
//! end of one: what is explored from there includes it.

use std::rc::Rc;

use smallvec::SmallVec;

use super::footprint::Footprint;
use super::procs::Proc;

/// The numbers chosen within a step, as far as they are given.
pub(super) type Choices = SmallVec<[u32; 2]>;

/// One step to come.
#[derive(Clone, Debug)]
pub(super) struct Move {
    /// Whose step.
    pub(super) proc: Proc,
    /// What it chooses first; the rest is free.
    pub(super) choices: Choices,
    /// If it has happened, out of how many each was chosen.
    pub(super) alternatives: Choices,
    pub(super) footprint: Rc<Footprint>,
}

/// Branches in the order in which they are explored.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree(Vec<Branch>);

/// A step, and what is to follow it.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) step: Move,
    pub(super) then: Tree,
}

/// How a sequence stands to a step that is not its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// It has the step at that place, and could begin with it.
    Has(usize),
    /// It does not have it and does not mind it.
    Independent,
    /// It cannot begin with it.
    No,
}

impl Tree {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many branches it has.
    pub(super) const fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Takes out the branch that is explored next.
    pub(super) fn pop(&mut self) -> Option<Branch> {
        if self.0.is_empty() { None } else { Some(self.0.remove(0)) }
    }

    /// Adds a sequence. `look_up` says what a step of the tree touches, in the terms of the sequence, if that is known.
    pub(super) fn insert(&mut self, mut sequence: Vec<Move>, look_up: impl Fn(&Footprint) -> Option<Footprint>) {
        let mut tree = self;
        loop {
            let fits = |branch: &Branch| relation(&branch.step, look_up(&branch.step.footprint).as_ref(), &sequence);
            let found = tree.0.iter().map(fits).enumerate().find(|(_, relation)| *relation != Relation::No);
            let Some((place, relation)) = found else { break };
            if let Relation::Has(at) = relation {
                sequence.remove(at);
            }
            tree = &mut tree.0[place].then;
            if tree.is_empty() || sequence.is_empty() {
                return;
            }
        }
        let mut then = Self::default();
        for step in sequence.into_iter().rev() {
            then = Self(vec![Branch { step, then }]);
        }
        tree.0.append(&mut then.0);
    }
}

/// What of a sequence is left if everything that begins with a step is known.
#[derive(Debug)]
pub(super) enum Rest {
    /// All of it: it cannot begin with the step.
    Everything(Vec<Move>),
    /// The same with other choices: nothing, if the sequence can begin with the step, unless it leaves choices open.
    Variants(Vec<Vec<Move>>),
}

/// The sequence without what begins with the step, which has happened elsewhere: if it is a weak initial, that is all.
pub(super) fn without(step: &Move, sequence: Vec<Move>) -> Rest {
    let at = match relation(step, Some(&step.footprint), &sequence) {
        Relation::No => return Rest::Everything(sequence),
        Relation::Independent => return Rest::Variants(Vec::new()),
        Relation::Has(at) => at,
    };
    let mut variants = Vec::new();
    for place in sequence[at].choices.len()..step.choices.len() {
        for other in (0..step.alternatives[place]).filter(|&other| other != step.choices[place]) {
            let mut variant = sequence.clone();
            variant[at].choices = step.choices[..place].iter().copied().chain([other]).collect();
            variants.push(variant);
        }
    }
    Rest::Variants(variants)
}

fn relation(step: &Move, footprint: Option<&Footprint>, sequence: &[Move]) -> Relation {
    if let Some(at) = sequence.iter().position(|other| other.proc == step.proc) {
        let it = &sequence[at];
        let is_first = !sequence[..at].iter().any(|earlier| earlier.footprint.conflicts(&it.footprint));
        return if is_first && agree(&it.choices, &step.choices) { Relation::Has(at) } else { Relation::No };
    }
    match footprint {
        Some(footprint) if !sequence.iter().any(|other| other.footprint.conflicts(footprint)) => Relation::Independent,
        _ => Relation::No,
    }
}

/// Whether both may choose the same.
fn agree(a: &[u32], b: &[u32]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}
