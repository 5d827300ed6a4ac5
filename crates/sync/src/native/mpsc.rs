//! A channel: how many messages it holds, how many it may hold, and who is still at its ends.
//!
//! The messages themselves lie with the channel's two handles, in `crate::mpsc`.

use bohrbug_events::{Operation, Outcome};

use super::model::{Asked, Model, Tasks};
use crate::control::{Event, Pending};

#[derive(Debug)]
pub(crate) struct Channel {
    /// `None`: as many as memory allows; 0: a rendezvous.
    capacity: Option<usize>,
    messages: usize,
    /// How many messages were ever put in, and taken out.
    sent: u64,
    taken: u64,
    senders: usize,
    receiver: bool,
    /// Whether the receiver of a rendezvous waits.
    receiver_waits: bool,
}

impl Channel {
    pub(crate) const fn new(capacity: Option<usize>) -> Self {
        Self::with_senders(capacity, 1)
    }

    /// One that has had that many senders from the start.
    pub(crate) const fn with_senders(capacity: Option<usize>, senders: usize) -> Self {
        Self { capacity, messages: 0, sent: 0, taken: 0, senders, receiver: true, receiver_waits: false }
    }

    /// Whether what a task has announced can happen now.
    pub(crate) fn admits(&self, pending: &Pending) -> bool {
        match pending.operation {
            Operation::Send => !self.receiver || self.has_room(),
            Operation::Handover => !self.receiver || self.taken >= pending.stamp(),
            _ => self.messages > 0 || self.senders == 0,
        }
    }

    fn is_rendezvous(&self) -> bool {
        self.capacity == Some(0)
    }

    /// Whether a send would find room; a rendezvous holds the one message that is being handed over.
    pub(crate) fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.messages < capacity.max(1))
    }

    /// Whether a send could complete at once.
    pub(crate) fn has_room_now(&self) -> bool {
        if self.is_rendezvous() { self.receiver_waits && self.messages == 0 } else { self.has_room() }
    }

    /// Whether the receiver of a rendezvous waits.
    pub(crate) const fn receiver_waits(&self) -> bool {
        self.receiver_waits
    }

    pub(crate) const fn has_receiver(&self) -> bool {
        self.receiver
    }

    pub(crate) const fn has_senders(&self) -> bool {
        self.senders > 0
    }

    pub(crate) const fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    /// The number of the message that goes in next, from 1.
    pub(crate) const fn next_sent(&self) -> u64 {
        self.sent + 1
    }

    /// The number of the message that comes out next, from 1.
    pub(crate) const fn next_taken(&self) -> u64 {
        self.taken + 1
    }

    /// Whether the message of that number has been taken.
    pub(crate) const fn was_taken(&self, number: u64) -> bool {
        self.taken >= number
    }

    pub(crate) const fn add_sender(&mut self) {
        self.senders += 1;
    }
}

impl Model for Channel {
    /// Senders are cloned without an event, so all that were ever dropped are taken to be there from the start; that is right
    /// as long as some sender is left.
    fn at_first(&self, log: &mut dyn Iterator<Item = &Event>) -> Self {
        let dropped = log.filter(|event| event.operation == Operation::DropSender).count();
        Self::with_senders(self.capacity, self.senders + dropped)
    }

    fn admits(&self, asked: &Asked<'_>) -> bool {
        self.admits(asked.pending) || asked.pending.deadline().is_some() && asked.by_itself
    }

    /// A message that was put or taken has its number as the event's value.
    fn apply(&mut self, event: &Event) {
        let has_message = event.value().is_some();
        match (event.operation, event.outcome) {
            (Operation::Send | Operation::TrySend, _) if has_message => {
                self.messages += 1;
                self.sent += 1;
            }
            (Operation::Recv | Operation::TryRecv, _) => {
                // One that only tries has not offered to wait.
                self.receiver_waits &= event.operation == Operation::TryRecv;
                if has_message {
                    self.messages -= 1;
                    self.taken += 1;
                }
            }
            // A message that nobody will take goes back to its sender.
            (Operation::Handover, Outcome::Disconnected) => self.messages = self.messages.saturating_sub(1),
            (Operation::Offer, outcome) => self.receiver_waits = outcome != Outcome::Unwinding,
            (Operation::DropSender, _) => self.senders = self.senders.saturating_sub(1),
            (Operation::DropReceiver, _) => self.receiver = false,
            _ => {}
        }
    }

    /// Anybody who has the other end may act.
    fn holders(&self, _: &Asked<'_>) -> Tasks {
        Tasks::new()
    }

    fn owners(&self) -> Tasks {
        Tasks::new()
    }
}
