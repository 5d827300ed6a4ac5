//! Channels, as [`std::sync::mpsc`].
//!
//! A channel belongs to the execution in which it was made, or to none: then it is std's. Limits:
//!
//! 1. A channel made outside any execution works in one as far as nothing has to wait: it is no event, and a receive that
//!    finds no message ends the execution with an explanation.
//! 2. In an execution that is over a task that unwinds does not wait: its `send` puts the message although there may be no
//!    room, and its `recv` finds the channel disconnected if there is no message.
//! 3. On native and shuttle a waiting sender may be overtaken by one that came later, as std allows.
//! 4. loom has no disconnection, no bound and no timeout, so there channels are built from their state alone, and their
//!    operations synchronise with each other in the order in which they happen: a missing happens-before edge between
//!    two senders is not found.
//! 5. As in std, whoever has to wait for a message, or for room, parks its thread, and may so take the token that a later
//!    `park` was to have (`control/token.rs`); on loom nobody ever does.

mod channel;
mod foreign;
mod receiver;
mod sender;

pub use receiver::{IntoIter, Iter, Receiver, TryIter};
pub use sender::{Sender, SyncSender};
pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use std::panic::Location;

use channel::{Channel, End};

use crate::ambient::ambient;

/// A channel that holds as many messages as come.
///
/// ```
/// use bohrbug_sync::{mpsc, thread};
///
/// let (sender, receiver) = mpsc::channel();
/// thread::spawn(move || sender.send(7).unwrap()).join().unwrap();
/// assert_eq!(receiver.recv(), Ok(7));
/// assert_eq!(receiver.recv(), Err(mpsc::RecvError));
/// ```
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    match ambient() {
        None => {
            let (sender, receiver) = std::sync::mpsc::channel();
            (Sender::new(End::Plain(sender)), Receiver::new(End::Plain(receiver)))
        }
        Some(x) => {
            let channel = Channel::new(x, None, Location::caller());
            (Sender::new(End::Controlled(channel.clone())), Receiver::new(End::Controlled(channel)))
        }
    }
}

/// A channel that holds at most `bound` messages; with 0, one that hands each over from thread to thread.
///
/// ```
/// use bohrbug_sync::{mpsc, thread};
///
/// let (sender, receiver) = mpsc::sync_channel(0);
/// let handed_over = thread::spawn(move || sender.send("here").unwrap());
/// assert_eq!(receiver.recv(), Ok("here"));
/// handed_over.join().unwrap();
/// ```
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    match ambient() {
        None => {
            let (sender, receiver) = std::sync::mpsc::sync_channel(bound);
            (SyncSender::new(End::Plain(sender)), Receiver::new(End::Plain(receiver)))
        }
        Some(x) => {
            let channel = Channel::new(x, Some(bound), Location::caller());
            (SyncSender::new(End::Controlled(channel.clone())), Receiver::new(End::Controlled(channel)))
        }
    }
}
