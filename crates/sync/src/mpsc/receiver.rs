//! The end that messages come out of.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::mpsc::{RecvError, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use bohrbug_events::ObjectId;

use super::channel::End;
use crate::ambient::ambient;
use crate::control::Ctx;

/// Receives from a channel, as [`std::sync::mpsc::Receiver`].
///
/// ```
/// use bohrbug_sync::mpsc::{TryRecvError, channel};
///
/// let (sender, receiver) = channel();
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
/// sender.send(1).unwrap();
/// assert_eq!(receiver.recv(), Ok(1));
/// drop(sender);
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
/// ```
pub struct Receiver<T> {
    end: End<std::sync::mpsc::Receiver<T>, T>,
    /// Where it was made: a drop has no place in the code of its own.
    site: &'static Location<'static>,
    not_sync: PhantomData<*const ()>,
}

// SAFETY: as std's: whoever has the receiver may take messages, from any thread.
unsafe impl<T: Send> Send for Receiver<T> {}

impl<T> Receiver<T> {
    #[track_caller]
    pub(super) const fn new(end: End<std::sync::mpsc::Receiver<T>, T>) -> Self {
        Self { end, site: Location::caller(), not_sync: PhantomData }
    }

    pub(crate) fn object(&self, x: Ctx) -> Option<ObjectId> {
        self.end.object(x)
    }

    /// Waits for a message.
    ///
    /// # Errors
    ///
    /// If there is none and the last sender is gone.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        match &self.end {
            End::Plain(receiver) => match uncontrolled() {
                None => receiver.recv(),
                Some(x) => receive_at_once(x, receiver).ok_or(RecvError),
            },
            End::Controlled(channel) => channel.recv(None, Location::caller()).map_err(|_| RecvError),
        }
    }

    /// Takes a message if there is one now.
    ///
    /// # Errors
    ///
    /// If there is none; the error says whether one may still come.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match &self.end {
            End::Plain(receiver) => receiver.try_recv(),
            End::Controlled(channel) => channel.try_recv(Location::caller()),
        }
    }

    /// Waits for a message, no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// If the time is over, or if the last sender is gone.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        match &self.end {
            End::Plain(receiver) => match uncontrolled() {
                None => receiver.recv_timeout(timeout),
                Some(x) => receive_at_once(x, receiver).ok_or(RecvTimeoutError::Disconnected),
            },
            End::Controlled(channel) => channel.recv(Some(timeout), Location::caller()),
        }
    }

    /// The messages as they come, until the last sender is gone.
    pub const fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// The messages that are there.
    ///
    /// ```
    /// use bohrbug_sync::mpsc::channel;
    ///
    /// let (sender, receiver) = channel();
    /// sender.send('a').unwrap();
    /// sender.send('b').unwrap();
    /// assert_eq!(receiver.try_iter().collect::<String>(), "ab");
    /// ```
    pub const fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }
}

/// The execution in which a channel of std's must not wait.
fn uncontrolled() -> Option<Ctx> {
    ambient().filter(|_| !std::thread::panicking())
}

/// Receives from a channel that the execution does not control, where waiting would stop everything; `None` when it is
/// disconnected.
fn receive_at_once<T>(x: Ctx, receiver: &std::sync::mpsc::Receiver<T>) -> Option<T> {
    match receiver.try_recv() {
        Ok(message) => Some(message),
        Err(TryRecvError::Disconnected) => None,
        Err(TryRecvError::Empty) => x.give_up(
            "a channel that was made outside the execution is empty, and waiting for a message there would stop every \
             task; make the channel inside the closure under test"
                .to_owned(),
        ),
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if let End::Controlled(channel) = &self.end {
            channel.drop_receiver(self.site);
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// The messages as they come; see [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T: 'a> {
    receiver: &'a Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

/// The messages that are there; see [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T: 'a> {
    receiver: &'a Receiver<T>,
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

/// The messages as they come, of a receiver that the iterator owns.
#[derive(Debug)]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}
