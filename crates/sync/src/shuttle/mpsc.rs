//! shuttle's channels, carrying tokens: the messages lie in our own queue.
//!
//! 1. A token either stands for a message or wakes the receiver, whose timeout has fired or whose execution is over:
//!    shuttle's own `recv_timeout` never times out.
//! 2. shuttle hands over a rendezvous inside its own channel, and keeps a place for a sender that waits, so that a
//!    `try_send` fails where std's finds room; our shadow of it could not follow. So a channel with a bound is built from
//!    the shadow and a meeting point.
//! 3. What a task does while it unwinds reaches shuttle's channel when it no longer does.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use ::shuttle::sync::mpsc as theirs;
use bohrbug_events::{ObjectId, Operation};

use super::{Meeting, pause};
use crate::control::Ctx;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Message,
    WakeUp,
}

/// Both ends of shuttle's channel; neither for one with a bound.
pub(crate) struct Channel {
    sender: RefCell<Option<Rc<theirs::Sender<Token>>>>,
    receiver: RefCell<Option<Rc<theirs::Receiver<Token>>>>,
    /// Whether the receiver is inside shuttle's `recv`.
    receiving: Cell<bool>,
    bounded: Meeting,
}

impl Channel {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        let (sender, receiver) = capacity.is_none().then(theirs::channel).unzip();
        Self {
            sender: RefCell::new(sender.map(Rc::new)),
            receiver: RefCell::new(receiver.map(Rc::new)),
            receiving: Cell::new(false),
            bounded: Meeting::default(),
        }
    }

    fn sender(&self) -> Option<Rc<theirs::Sender<Token>>> {
        self.sender.borrow().clone()
    }

    fn receiver(&self) -> Option<Rc<theirs::Receiver<Token>>> {
        self.receiver.borrow().clone()
    }

    /// Waits for room. If the receiver is gone the shadow knows.
    pub(crate) fn send(&self, x: Ctx) {
        match self.sender() {
            Some(sender) => {
                let _ = sender.send(Token::Message);
            }
            None => self.bounded.wait(x),
        }
    }

    /// Waits for a message, for the senders' end or for a timeout; which of them it was the shadow knows.
    pub(crate) fn recv(&self, x: Ctx, object: ObjectId) {
        let Some(receiver) = self.receiver() else {
            return self.bounded.wait(x);
        };
        let me = x.current();
        if x.pending(me).deadline().is_some() {
            pause();
            x.set_current(me);
            let pending = x.pending(me);
            let arrived = x.channel(object, |channel| channel.admits(&pending));
            if !arrived && (x.enabled(me) || x.stopping()) {
                return;
            }
        }
        loop {
            self.receiving.set(true);
            let token = receiver.recv();
            self.receiving.set(false);
            x.set_current(me);
            if token != Ok(Token::WakeUp) || x.stopping() || x.enabled(me) {
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

    /// The meeting point of a channel with a bound.
    pub(crate) const fn bounded(&self) -> &Meeting {
        &self.bounded
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
            (Operation::Send, Some(sender), _) => {
                let _ = sender.send(Token::Message);
            }
            (Operation::Recv | Operation::TryRecv, _, Some(receiver)) => drop(receiver.try_recv()),
            _ => {}
        }
    }

    /// Lets a waiting task come back to see that its execution is over, or that its timeout has fired.
    pub(super) fn rescue(&self, operation: Operation) {
        let receives = operation == Operation::Recv && self.receiving.get();
        if let Some(sender) = self.sender().filter(|_| receives) {
            let _ = sender.send(Token::WakeUp);
        }
        self.bounded.call();
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shuttle Channel")
    }
}
