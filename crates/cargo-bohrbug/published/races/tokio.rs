//! tokio 1.13.0 lets a receiver that has closed its channel read the value while the sender takes it back (RUSTSEC-2021-0124).

use std::thread;

use tokio::sync::oneshot;

#[test]
fn a_closed_channel_has_its_value_or_gives_it_back() {
    let (to, mut from) = oneshot::channel();
    let other = thread::spawn(move || to.send(Box::new(7)).is_ok());
    from.close();
    let received = from.try_recv().is_ok();
    let sent = other.join().unwrap();
    assert!(sent || !received);
}
