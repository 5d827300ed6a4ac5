//! What there is: the objects, and how far each task has come.

use std::collections::VecDeque;

use super::code::{Do, FLAG};
use super::commute::Thing;

/// A step that has happened: which things it did what to.
#[derive(Clone, Debug)]
pub(super) struct Past {
    /// A bit of its own.
    pub(super) bit: u128,
    pub(super) things: Vec<Thing>,
    pub(super) step: Do,
}

/// What of a step tells one behaviour from another: the steps before that it does not commute with, and what it chose.
pub(super) type Mark = (u128, u32);

#[derive(Clone, Debug, Default)]
pub(super) struct Waiter {
    pub(super) task: usize,
    pub(super) offers: Vec<u32>,
    pub(super) released: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Got,
    Refused,
    Waits,
}

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) marks: Vec<Vec<Mark>>,
    pub(super) past: Vec<Past>,
    pub(super) places: Vec<usize>,
    pub(super) last: Vec<u32>,
    pub(super) seen: Vec<Vec<u32>>,
    pub(super) words: [u32; 2],
    pub(super) owners: [Option<usize>; 3],
    pub(super) flag: bool,
    /// For each task, how often it reads.
    pub(super) reads: Vec<u32>,
    /// For each task, whether it reads already and is not let in again.
    pub(super) held_back: Vec<bool>,
    pub(super) writer: bool,
    pub(super) queue: VecDeque<u32>,
    pub(super) sent: u64,
    pub(super) taken: u64,
    /// For each task, the number of the message that it hands over.
    pub(super) handing: Vec<u64>,
    pub(super) senders: usize,
    pub(super) receiver: bool,
    pub(super) receiver_waits: bool,
    pub(super) waiters: Vec<Waiter>,
    pub(super) notifications: u32,
    pub(super) arrived: usize,
    pub(super) round: u64,
    /// For each task, the round that it is in, and whether it arrived last.
    pub(super) rounds: Vec<(u64, bool)>,
    pub(super) running: bool,
    pub(super) complete: bool,
    /// Who has seen that it is complete, and looks no more.
    pub(super) knows: Vec<bool>,
    pub(super) tokens: Vec<bool>,
    /// For each task, whether it has found that it has to wait for its next step, and so has parked, if it parks there.
    pub(super) waited: Vec<bool>,
    /// For each task, whether the receiver of a rendezvous waited when it sent last.
    pub(super) met: Vec<bool>,
    pub(super) permits: u32,
    pub(super) is_closed: bool,
    /// For each task, what it found when it asked for permits last.
    pub(super) asked: Vec<Asked>,
    /// Who waits for permits, the first first, each with how many it has got and how many it wants.
    pub(super) line: Vec<(usize, u32, u32)>,
}

impl State {
    pub(super) fn saw(&mut self, task: usize, number: u32) {
        self.last[task] = number;
        self.seen[task].push(number);
    }

    pub(super) fn is_read(&self) -> bool {
        self.reads.iter().any(|&times| times > 0)
    }

    /// Notes whether a task got what it tried for; if not, it goes on behind what it would have done then.
    pub(super) fn tried(&mut self, task: usize, got: bool, end: usize) -> bool {
        self.saw(task, got.into());
        if !got {
            self.places[task] = end;
        }
        got
    }

    /// Takes permits if they are there.
    pub(super) fn try_permits(&mut self, task: usize, permits: u32, end: usize) {
        if self.tried(task, !self.is_closed && self.permits >= permits, end) {
            self.permits -= permits;
        }
    }

    /// Whether a task in the line has all that it waits for.
    pub(super) fn has_all(&self, task: usize) -> bool {
        self.line.iter().any(|&(who, got, wanted)| who == task && got == wanted)
    }

    /// Permits come: for those who wait, the first first, and then for whoever asks.
    pub(super) fn add_permits(&mut self, mut permits: u32) {
        for (_, got, wanted) in self.line.iter_mut().filter(|_| !self.is_closed) {
            let given = permits.min(*wanted - *got);
            *got += given;
            permits -= given;
        }
        self.permits += permits;
    }

    pub(super) fn put(&mut self, task: usize) {
        self.queue.push_back(task as u32);
        self.sent += 1;
    }

    /// The first waiter to run takes a notification that was for all who waited then.
    pub(super) fn wake(&mut self, task: usize) {
        self.owners[FLAG] = Some(task);
        let Some(place) = self.waiters.iter().position(|waiter| waiter.task == task) else { return };
        let waiter = self.waiters.remove(place);
        if let (false, Some(taken)) = (waiter.released, waiter.offers.first()) {
            self.waiters.iter_mut().for_each(|other| other.offers.retain(|offer| offer != taken));
        }
    }
}
