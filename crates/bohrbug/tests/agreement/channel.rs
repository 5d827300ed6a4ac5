//! A channel of numbers, with a bound or without, behind one type of sender.

use bohrbug_sync::mpsc::{self, Receiver, Sender, SyncSender};

pub(crate) enum Tx {
    Unbounded(Sender<u32>),
    Bounded(SyncSender<u32>),
}

impl Tx {
    pub(crate) fn another(&self) -> Self {
        match self {
            Self::Unbounded(sender) => Self::Unbounded(sender.clone()),
            Self::Bounded(sender) => Self::Bounded(sender.clone()),
        }
    }
}

/// Both ends of a channel with that bound, if any.
pub(crate) fn channel(bound: Option<usize>) -> (Tx, Receiver<u32>) {
    match bound {
        None => {
            let (tx, rx) = mpsc::channel();
            (Tx::Unbounded(tx), rx)
        }
        Some(bound) => {
            let (tx, rx) = mpsc::sync_channel(bound);
            (Tx::Bounded(tx), rx)
        }
    }
}
