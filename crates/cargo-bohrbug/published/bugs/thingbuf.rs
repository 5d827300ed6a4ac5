//! Who sends into a full channel is told so.

use std::thread;

use thingbuf::mpsc::blocking::channel;
use thingbuf::mpsc::errors::TrySendError;

#[test]
fn senders_come_to_a_full_channel() {
    let (sender, _receiver) = channel(2);
    let fill = |sender: thingbuf::mpsc::blocking::Sender<u32>| {
        while !matches!(sender.try_send(1), Err(TrySendError::Full(_))) {}
    };
    let other = thread::spawn({
        let sender = sender.clone();
        move || fill(sender)
    });
    fill(sender);
    other.join().unwrap();
}
