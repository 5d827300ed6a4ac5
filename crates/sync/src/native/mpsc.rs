//! A channel: how many messages it holds, how many it may hold, and who is still at its ends.
//!
//! The messages themselves lie with the channel's two handles, in `crate::mpsc`.

use bohrbug_trace::Operation;

use crate::control::Pending;

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

    pub(crate) fn is_rendezvous(&self) -> bool {
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

    pub(crate) const fn has_receiver(&self) -> bool {
        self.receiver
    }

    pub(crate) const fn has_senders(&self) -> bool {
        self.senders > 0
    }

    pub(crate) const fn senders(&self) -> usize {
        self.senders
    }

    pub(crate) const fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    /// A message goes in; returns its number, from 1.
    pub(crate) const fn put(&mut self) -> u64 {
        self.messages += 1;
        self.sent += 1;
        self.sent
    }

    /// A message comes out; returns its number, from 1.
    pub(crate) const fn take(&mut self) -> u64 {
        self.messages -= 1;
        self.taken += 1;
        self.taken
    }

    /// A message that nobody will take goes back to its sender.
    pub(crate) const fn take_back(&mut self) {
        self.messages = self.messages.saturating_sub(1);
    }

    /// Whether the message of that number has been taken.
    pub(crate) const fn was_taken(&self, number: u64) -> bool {
        self.taken >= number
    }

    pub(crate) const fn set_receiver_waits(&mut self, waits: bool) {
        self.receiver_waits = waits;
    }

    pub(crate) const fn add_sender(&mut self) {
        self.senders += 1;
    }

    pub(crate) const fn drop_sender(&mut self) {
        self.senders = self.senders.saturating_sub(1);
    }

    pub(crate) const fn drop_receiver(&mut self) {
        self.receiver = false;
    }
}
