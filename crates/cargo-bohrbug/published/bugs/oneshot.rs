//! Of several wakers the last is woken.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;

include!("block_on.rs");

#[test]
fn what_is_sent_wakes_who_asked_last() {
    let (sender, receiver) = oneshot::channel();
    let mut receiver = pin!(receiver);
    // As where several futures are waited for at once, and another one was ready.
    assert!(receiver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let sending = thread::spawn(move || sender.send(1).unwrap());
    assert_eq!(block_on(receiver), Ok(1));
    sending.join().unwrap();
}
