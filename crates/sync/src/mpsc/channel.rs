//! A channel of an execution: the messages, and each operation as an event.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::Duration;

use bohrbug_events::{ObjectId, ObjectKind, Operation, Outcome};

use super::foreign;
use crate::ambient::ambient;
use crate::control::{Ctx, Origin, Pending, State, Turn};
use crate::native;

type Site = &'static Location<'static>;

/// One end of a channel.
pub(super) enum End<P, T> {
    /// std's.
    Plain(P),
    Controlled(Arc<Channel<T>>),
}

impl<P, T> End<P, T> {
    /// The channel's object in the execution `x`, if it is one of that.
    pub(super) fn object(&self, x: Ctx) -> Option<ObjectId> {
        match self {
            Self::Controlled(channel) if channel.epoch == x.epoch() => Some(channel.object),
            _ => None,
        }
    }
}

/// What both ends of a controlled channel share.
pub(super) struct Channel<T> {
    /// The execution in which it was made.
    epoch: u64,
    object: ObjectId,
    /// How many messages it holds at the most, if it has a bound.
    bound: Option<usize>,
    /// The messages, as many as the object's state says.
    queue: UnsafeCell<VecDeque<T>>,
}

// SAFETY: the tasks of one execution all run on one OS thread, and the queue is borrowed only where none of them can be
// switched out; an end carried elsewhere finds another epoch and leaves the queue alone, but for the last one's drop.
unsafe impl<T: Send> Send for Channel<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Channel<T> {}

impl<T> Channel<T> {
    pub(super) fn new(x: Ctx, bound: Option<usize>, site: Site) -> Arc<Self> {
        let origin = Origin { kind: ObjectKind::Channel, site, name: None, carried: false, holds_pointer: false };
        let object = x.add_object(origin, State::Channel(native::mpsc::Channel::new(bound)));
        Arc::new(Self { epoch: x.epoch(), object, bound, queue: UnsafeCell::default() })
    }

    fn is_rendezvous(&self) -> bool {
        self.bound == Some(0)
    }

    /// The execution, if it is the one that made the channel; `None` when it has ended.
    fn execution(&self) -> Option<Ctx> {
        let x = ambient()?;
        if x.epoch() != self.epoch {
            x.give_up(
                "a channel made in one execution was used in another, usually because it is kept in a static; make it \
                 inside the closure under test"
                    .to_owned(),
            );
        }
        Some(x)
    }

    fn state<R>(&self, x: Ctx, f: impl FnOnce(&mut native::mpsc::Channel) -> R) -> R {
        x.channel(self.object, f)
    }

    fn push(&self, message: T) {
        // SAFETY: see the type's; the borrow ends here.
        unsafe { &mut *self.queue.get() }.push_back(message);
    }

    fn pop(&self) -> Option<T> {
        // SAFETY: see the type's; the borrow ends here.
        unsafe { &mut *self.queue.get() }.pop_front()
    }

    pub(super) fn add_sender(&self) {
        if let Some(x) = self.execution() {
            self.state(x, native::mpsc::Channel::add_sender);
        }
    }

    pub(super) fn send(&self, message: T, site: Site) -> Result<(), SendError<T>> {
        let Some(x) = self.execution() else { return Err(SendError(message)) };
        let pending = Pending::new(Operation::Send, self.object, site).parking(self.bound.is_some());
        let (turn, _) = x.turn(pending, |twin| foreign::send(x, twin), |_, ()| ());
        let (has_receiver, is_met) = self.state(x, |channel| (channel.has_receiver(), channel.receiver_waits()));
        if !has_receiver {
            x.report(&pending, turn.outcome(Outcome::Disconnected), None);
            self.may_take_token(x, &pending, turn);
            return Err(SendError(message));
        }
        let number = self.put(x, message, &pending, turn);
        if self.is_rendezvous() && turn == Turn::Taken {
            return self.hand_over(x, number, is_met, site);
        }
        self.may_take_token(x, &pending, turn);
        Ok(())
    }

    pub(super) fn try_send(&self, message: T, site: Site) -> Result<(), TrySendError<T>> {
        let Some(x) = self.execution() else { return Err(TrySendError::Disconnected(message)) };
        let pending = Pending::new(Operation::TrySend, self.object, site);
        // Only a channel with a bound has it, and shuttle's own have none.
        let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
        if !self.state(x, |channel| channel.has_receiver()) {
            x.report(&pending, turn.outcome(Outcome::Disconnected), None);
            return Err(TrySendError::Disconnected(message));
        }
        if !self.state(x, |channel| channel.has_room_now()) {
            x.report(&pending, turn.outcome(Outcome::WouldBlock), None);
            return Err(TrySendError::Full(message));
        }
        self.put(x, message, &pending, turn);
        Ok(())
    }

    /// Puts the message into the queue; returns its number.
    fn put(&self, x: Ctx, message: T, pending: &Pending, turn: Turn) -> u64 {
        self.push(message);
        let number = self.state(x, |channel| channel.next_sent());
        x.happen(pending, turn.outcome(Outcome::Done), Some(number));
        foreign::changed(x, self.object, pending.operation, turn);
        number
    }

    /// The operation, which has happened, may have waited and so have taken the thread's token.
    fn may_take_token(&self, x: Ctx, pending: &Pending, turn: Turn) {
        if pending.parks() && turn == Turn::Taken {
            x.may_take_token(&[*pending], None);
        }
    }

    /// Waits until the receiver has taken the message of that number, or is gone. In std a sender whose receiver waited
    /// already, and so `is_met`, need not wait.
    fn hand_over(&self, x: Ctx, number: u64, is_met: bool, site: Site) -> Result<(), SendError<T>> {
        let pending = Pending::new(Operation::Handover, self.object, site).stamped(number).parking(!is_met);
        let (turn, _) = x.turn(pending, |twin| foreign::wait(x, twin), |_, ()| ());
        if self.state(x, |channel| channel.was_taken(number)) {
            x.report(&pending, turn.outcome(Outcome::Done), Some(number));
            self.may_take_token(x, &pending, turn);
            return Ok(());
        }
        let message = self.pop();
        x.happen(&pending, turn.outcome(Outcome::Disconnected), Some(number));
        self.may_take_token(x, &pending, turn);
        message.map_or(Ok(()), |message| Err(SendError(message)))
    }

    /// Waits for a message, no longer than `timeout`.
    pub(super) fn recv(&self, timeout: Option<Duration>, site: Site) -> Result<T, RecvTimeoutError> {
        let Some(x) = self.execution() else { return self.pop().ok_or(RecvTimeoutError::Disconnected) };
        if self.is_rendezvous() {
            self.offer(x, site);
        }
        let deadline = timeout.map(|timeout| crate::time::after(x, timeout));
        let pending = Pending::new(Operation::Recv, self.object, site).until(deadline).parking(true);
        let (turn, _) = x.turn(pending, |twin| foreign::recv(x, twin, self.object), |_, ()| ());
        let received = self.receive(x, &pending, turn);
        // Time that has run out from the start is not waited for.
        if timeout != Some(Duration::ZERO) {
            self.may_take_token(x, &pending, turn);
        }
        received
    }

    /// What came of a wait for a message.
    fn receive(&self, x: Ctx, pending: &Pending, turn: Turn) -> Result<T, RecvTimeoutError> {
        if let Some(message) = self.take(x, pending, turn) {
            return Ok(message);
        }
        if turn == Turn::Unwinding || !self.state(x, |channel| channel.has_senders()) {
            x.happen(pending, turn.outcome(Outcome::Disconnected), None);
            return Err(RecvTimeoutError::Disconnected);
        }
        let outcome = x.wake_reason(pending);
        x.happen(pending, outcome, None);
        Err(RecvTimeoutError::Timeout)
    }

    /// Tells the senders of a rendezvous that its receiver is about to wait.
    fn offer(&self, x: Ctx, site: Site) {
        let pending = Pending::new(Operation::Offer, self.object, site);
        let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
        x.happen(&pending, turn.outcome(Outcome::Done), None);
    }

    pub(super) fn try_recv(&self, site: Site) -> Result<T, TryRecvError> {
        let Some(x) = self.execution() else { return self.pop().ok_or(TryRecvError::Disconnected) };
        let pending = Pending::new(Operation::TryRecv, self.object, site);
        let (turn, _) = x.turn(pending, foreign::try_recv, |_, ()| ());
        if let Some(message) = self.take(x, &pending, turn) {
            return Ok(message);
        }
        if self.state(x, |channel| channel.has_senders()) {
            x.report(&pending, turn.outcome(Outcome::WouldBlock), None);
            return Err(TryRecvError::Empty);
        }
        x.report(&pending, turn.outcome(Outcome::Disconnected), None);
        Err(TryRecvError::Disconnected)
    }

    /// Takes the first message, if there is one.
    fn take(&self, x: Ctx, pending: &Pending, turn: Turn) -> Option<T> {
        let message = self.pop()?;
        let number = self.state(x, |channel| channel.next_taken());
        x.happen(pending, turn.outcome(Outcome::Done), Some(number));
        foreign::changed(x, self.object, pending.operation, turn);
        Some(message)
    }

    pub(super) fn drop_sender(&self, site: Site) {
        let Some((x, pending, turn)) = self.begin_drop(Operation::DropSender, site) else { return };
        x.apply(&pending, turn.outcome(Outcome::Done), None);
        if !self.state(x, |channel| channel.has_senders()) {
            foreign::close(x, self.object, Operation::DropSender);
        }
        x.report(&pending, turn.outcome(Outcome::Done), None);
        foreign::changed(x, self.object, Operation::DropSender, turn);
    }

    pub(super) fn drop_receiver(&self, site: Site) {
        let Some((x, pending, turn)) = self.begin_drop(Operation::DropReceiver, site) else { return };
        x.apply(&pending, turn.outcome(Outcome::Done), None);
        foreign::close(x, self.object, Operation::DropReceiver);
        x.report(&pending, turn.outcome(Outcome::Done), None);
        foreign::changed(x, self.object, Operation::DropReceiver, turn);
        // What a sender hands over it gets back; the rest is dropped here, as std does.
        while !self.is_rendezvous()
            && let Some(message) = self.pop()
        {
            drop(message);
        }
    }

    /// Waits for the turn to drop an end; `None` if nobody is left who could notice.
    fn begin_drop(&self, operation: Operation, site: Site) -> Option<(Ctx, Pending, Turn)> {
        let x = ambient().filter(|x| x.epoch() == self.epoch && !x.stopping())?;
        let pending = Pending::new(operation, self.object, site);
        let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
        Some((x, pending, turn))
    }
}
