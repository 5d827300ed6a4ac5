//! The ends that messages go into.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::mpsc::{SendError, TrySendError};

use bohrbug_events::ObjectId;

use super::channel::End;
use crate::ambient::ambient;
use crate::control::Ctx;

/// Declares a sender: what both kinds have in common.
macro_rules! sender {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<T> {
            end: End<std::sync::mpsc::$name<T>, T>,
            /// Where it was made: a drop has no place in the code of its own.
            site: &'static Location<'static>,
        }

        // As std's.
        impl<T> UnwindSafe for $name<T> {}
        impl<T> RefUnwindSafe for $name<T> {}

        impl<T> $name<T> {
            #[track_caller]
            pub(super) const fn new(end: End<std::sync::mpsc::$name<T>, T>) -> Self {
                Self { end, site: Location::caller() }
            }

            pub(crate) fn object(&self, x: Ctx) -> Option<ObjectId> {
                self.end.object(x)
            }
        }

        impl<T> Clone for $name<T> {
            #[track_caller]
            fn clone(&self) -> Self {
                Self::new(match &self.end {
                    End::Plain(sender) => End::Plain(sender.clone()),
                    End::Controlled(channel) => {
                        channel.add_sender();
                        End::Controlled(channel.clone())
                    }
                })
            }
        }

        impl<T> Drop for $name<T> {
            fn drop(&mut self) {
                if let End::Controlled(channel) = &self.end {
                    channel.drop_sender(self.site);
                }
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

sender! {
    /// Sends into a channel that always has room, as [`std::sync::mpsc::Sender`].
    ///
    /// ```
    /// use bohrbug_sync::mpsc::channel;
    ///
    /// let (sender, receiver) = channel();
    /// let other = sender.clone();
    /// sender.send(1).unwrap();
    /// other.send(2).unwrap();
    /// drop((sender, other));
    /// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2]);
    /// ```
    Sender
}

sender! {
    /// Sends into a bounded channel, as [`std::sync::mpsc::SyncSender`].
    ///
    /// ```
    /// use bohrbug_sync::mpsc::{TrySendError, sync_channel};
    ///
    /// let (sender, receiver) = sync_channel(1);
    /// sender.send(1).unwrap();
    /// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    /// assert_eq!(receiver.recv(), Ok(1));
    /// ```
    SyncSender
}

impl<T> Sender<T> {
    /// Sends a message.
    ///
    /// # Errors
    ///
    /// If the receiver is gone; the error has the message.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        match &self.end {
            End::Plain(sender) => sender.send(message),
            End::Controlled(channel) => channel.send(message, Location::caller()),
        }
    }
}

impl<T> SyncSender<T> {
    /// Sends a message, and waits until there is room for it; with no room at all, until it was received.
    ///
    /// # Errors
    ///
    /// If the receiver is gone; the error has the message.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        match &self.end {
            End::Plain(sender) => match ambient() {
                Some(x) if !std::thread::panicking() => send_at_once(x, sender, message),
                _ => sender.send(message),
            },
            End::Controlled(channel) => channel.send(message, Location::caller()),
        }
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// If there is none, or if the receiver is gone; the error has the message.
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        match &self.end {
            End::Plain(sender) => sender.try_send(message),
            End::Controlled(channel) => channel.try_send(message, Location::caller()),
        }
    }
}

/// Sends into a channel that the execution does not control, where waiting would stop everything.
fn send_at_once<T>(x: Ctx, sender: &std::sync::mpsc::SyncSender<T>, message: T) -> Result<(), SendError<T>> {
    match sender.try_send(message) {
        Ok(()) => Ok(()),
        Err(TrySendError::Disconnected(message)) => Err(SendError(message)),
        Err(TrySendError::Full(_)) => x.give_up(
            "a channel that was made outside the execution is full, and waiting for room there would stop every task; \
             make the channel inside the closure under test"
                .to_owned(),
        ),
    }
}
