//! A message that is there is received, although somebody has lost interest in another.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;

include!("block_on.rs");

#[test]
fn whoever_still_waits_receives() {
    let (sender, receiver) = async_channel::unbounded();
    // It waits, and is not asked again.
    let mut forgotten = pin!(receiver.recv());
    assert!(forgotten.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let receiving = thread::spawn({
        let receiver = receiver.clone();
        move || block_on(receiver.recv())
    });
    sender.try_send(1).unwrap();
    sender.try_send(2).unwrap();
    assert_eq!(receiving.join().unwrap(), Ok(1));
}
