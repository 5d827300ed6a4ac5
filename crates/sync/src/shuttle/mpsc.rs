//! shuttle's channels, carrying tokens: the messages lie in our own queue.
//!
//! 1. A token either stands for a message or wakes the receiver, whose timeout has fired or whose execution is over:
//!    shuttle's own `recv_timeout` never times out.
//! 2. shuttle hands over a rendezvous inside its own channel, where our shadow of it could not follow. So a rendezvous is
//!    built from the shadow and a meeting point.
//! 3. What a task does while it unwinds reaches shuttle's channel when it no longer does.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use ::shuttle::sync::mpsc as theirs;
use bohrbug_trace::{ObjectId, Operation};

use super::{Meeting, pause};
use crate::control::Ctx;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Message,
    WakeUp,
}

enum Sender {
    Unbounded(theirs::Sender<Token>),
    Bounded(theirs::SyncSender<Token>),
}

impl Sender {
    /// Waits for room. If the receiver is gone the shadow knows.
    fn send(&self, token: Token) {
        let _ = match self {
            Self::Unbounded(sender) => sender.send(token),
            Self::Bounded(sender) => sender.send(token),
        };
    }

    fn try_send(&self, token: Token) -> bool {
        match self {
            Self::Unbounded(sender) => sender.send(token).is_ok(),
            Self::Bounded(sender) => sender.try_send(token).is_ok(),
        }
    }
}

/// Both ends of shuttle's channel; neither for a rendezvous.
pub(crate) struct Channel {
    sender: RefCell<Option<Rc<Sender>>>,
    receiver: RefCell<Option<Rc<theirs::Receiver<Token>>>>,
    /// Whether the receiver is inside shuttle's `recv`.
    receiving: Cell<bool>,
    rendezvous: Meeting,
}

impl Channel {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        let (sender, receiver) = match capacity {
            None => {
                let (sender, receiver) = theirs::channel();
                (Some(Sender::Unbounded(sender)), Some(receiver))
            }
            Some(0) => (None, None),
            Some(capacity) => {
                let (sender, receiver) = theirs::sync_channel(capacity);
                (Some(Sender::Bounded(sender)), Some(receiver))
            }
        };
        Self {
            sender: RefCell::new(sender.map(Rc::new)),
            receiver: RefCell::new(receiver.map(Rc::new)),
            receiving: Cell::new(false),
            rendezvous: Meeting::default(),
        }
    }

    fn sender(&self) -> Option<Rc<Sender>> {
        self.sender.borrow().clone()
    }

    fn receiver(&self) -> Option<Rc<theirs::Receiver<Token>>> {
        self.receiver.borrow().clone()
    }

    pub(crate) fn send(&self, x: Ctx) {
        match self.sender() {
            Some(sender) => sender.send(Token::Message),
            None => self.rendezvous.wait(x),
        }
    }

    /// Whether shuttle's channel took the message; `None` for a rendezvous, of which only the shadow knows.
    pub(crate) fn try_send(&self) -> Option<bool> {
        let Some(sender) = self.sender() else {
            pause();
            return None;
        };
        Some(sender.try_send(Token::Message))
    }

    /// Waits for a message, for the senders' end or for a timeout; which of them it was the shadow knows.
    pub(crate) fn recv(&self, x: Ctx, object: ObjectId) {
        let Some(receiver) = self.receiver() else {
            return self.rendezvous.wait(x);
        };
        let me = x.current();
        if x.task(me).pending.deadline().is_some() {
            pause();
            x.set_current(me);
            let pending = x.task(me).pending;
            let arrived = x.state(object).channel().admits(&pending);
            if !arrived && (x.execution().enabled(me) || x.stopping()) {
                return;
            }
        }
        loop {
            self.receiving.set(true);
            let token = receiver.recv();
            self.receiving.set(false);
            x.set_current(me);
            if token != Ok(Token::WakeUp) || x.stopping() || x.execution().enabled(me) {
                return;
            }
        }
    }

    pub(crate) fn try_recv(&self) {
        match self.receiver() {
            // Whether there is a message the shadow knows, too.
            Some(receiver) => drop(receiver.try_recv()),
            None => pause(),
        }
    }

    /// The meeting point of a rendezvous.
    pub(crate) const fn rendezvous(&self) -> &Meeting {
        &self.rendezvous
    }

    /// The last sender is gone: whoever waits for a message need not.
    pub(crate) fn close_sender(&self) {
        drop(self.sender.take());
    }

    /// The receiver is gone: whoever waits for room need not.
    pub(crate) fn close_receiver(&self) {
        drop(self.receiver.take());
    }

    /// Does for shuttle's channel what a task did to the shadow while it was unwinding.
    pub(super) fn catch_up(&self, operation: Operation) {
        match (operation, self.sender(), self.receiver()) {
            (Operation::Send | Operation::TrySend, Some(sender), _) => sender.send(Token::Message),
            (Operation::Recv | Operation::TryRecv, _, Some(receiver)) => drop(receiver.try_recv()),
            _ => {}
        }
    }

    /// Lets a waiting task come back to see that its execution is over, or that its timeout has fired.
    pub(super) fn rescue(&self, operation: Operation) {
        match operation {
            Operation::Recv => {
                if let Some(sender) = self.sender().filter(|_| self.receiving.get()) {
                    sender.try_send(Token::WakeUp);
                }
            }
            // Only the end of an execution rescues those who wait for room: they have no timeouts.
            Operation::Send => self.close_receiver(),
            _ => {}
        }
        self.rendezvous.call();
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shuttle Channel")
    }
}
