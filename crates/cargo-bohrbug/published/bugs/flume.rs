//! A message that was sent before the sender went away is received.

use std::thread;

include!("block_on.rs");

#[test]
fn what_was_sent_before_the_end_is_received() {
    let (sender, receiver) = flume::unbounded();
    let sending = thread::spawn(move || sender.send(1).unwrap());
    assert_eq!(block_on(receiver.recv_async()), Ok(1));
    sending.join().unwrap();
}
