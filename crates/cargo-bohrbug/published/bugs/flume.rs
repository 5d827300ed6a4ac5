//! A message that was sent before the sender went away is received.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;

include!("block_on.rs");

#[test]
fn what_was_sent_before_the_end_is_received() {
    let (sender, receiver) = flume::unbounded();
    let mut receiving = pin!(receiver.recv_async());
    // As where several futures are waited for at once, and another one was ready.
    assert!(receiving.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let sending = thread::spawn(move || sender.send(1).unwrap());
    assert_eq!(block_on(receiving), Ok(1));
    sending.join().unwrap();
}
