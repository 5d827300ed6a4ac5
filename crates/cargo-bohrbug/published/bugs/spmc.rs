//! A message that was sent before the sender went away is received.

use std::thread;

#[test]
#[allow(unused_mut, reason = "one of the versions sends through a shared reference")]
fn what_was_sent_before_the_end_is_received() {
    let (mut sender, receiver) = spmc::channel();
    let sending = thread::spawn(move || sender.send(1).unwrap());
    assert_eq!(receiver.recv(), Ok(1));
    sending.join().unwrap();
}
