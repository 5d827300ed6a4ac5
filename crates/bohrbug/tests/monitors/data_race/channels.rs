//! Channels: what was sent comes before what is done on its receipt, and taking it before the next message has room.

use bohrbug_sync::mpsc::{self, Receiver, SyncSender};

use super::{Case, Data, beside, orders, races};

fn receive_and_write(data: &Data, receiver: &Receiver<()>) {
    receiver.recv().unwrap();
    data.set(2);
}

/// A child writes and takes what main sends to it, of which there is more than the channel has room for or not.
fn write_and_receive(capacity: usize, messages: usize) {
    let (sender, receiver) = mpsc::sync_channel(capacity);
    beside(
        ((receiver, messages), (sender, messages)),
        |data, (receiver, messages): (Receiver<()>, usize)| {
            data.set(1);
            (0..messages).for_each(|_| receiver.recv().unwrap());
        },
        |data, (sender, messages): &(SyncSender<()>, usize)| {
            (0..*messages).for_each(|_| sender.send(()).unwrap());
            data.set(2);
        },
    );
}

pub(super) const CASES: &[Case] = &[
    orders("a message", || {
        let (sender, receiver) = mpsc::channel();
        beside(
            (sender, receiver),
            |data, sender| {
                data.set(1);
                sender.send(()).unwrap();
            },
            receive_and_write,
        );
    }),
    races("a write after the message", || {
        let (sender, receiver) = mpsc::channel();
        beside(
            (sender, receiver),
            |data, sender| {
                sender.send(()).unwrap();
                data.set(1);
            },
            receive_and_write,
        );
    }),
    orders("the last sender is gone", || {
        let (sender, receiver) = mpsc::channel::<()>();
        beside(
            (sender, receiver),
            |data, sender| {
                data.set(1);
                drop(sender);
            },
            |data, receiver| {
                assert!(receiver.recv().is_err());
                data.set(2);
            },
        );
    }),
    orders("room in a bounded channel", || write_and_receive(1, 2)),
    races("more room than that in a bounded channel", || write_and_receive(2, 2)),
    orders("a message that is handed over", || write_and_receive(0, 1)),
];
