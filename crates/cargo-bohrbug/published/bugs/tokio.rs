//! A permit is kept, whatever comes beside it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use tokio::sync::Notify;

#[test]
fn a_permit_is_kept_beside_a_notification_to_all() {
    let notify = Arc::new(Notify::new());
    let to_all = thread::spawn({
        let notify = notify.clone();
        move || notify.notify_waiters()
    });
    notify.notify_one();
    to_all.join().unwrap();
    let permit = pin!(notify.notified()).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(permit, Poll::Ready(()));
}
