//! A listener is notified, whoever came and went beside it.

use std::sync::Arc;
use std::thread;

use event_listener::Event;

#[test]
fn a_listener_is_notified() {
    let event = Arc::new(Event::new());
    let first = event.listen();
    let second = event.listen();
    let others = thread::spawn({
        let event = event.clone();
        move || {
            drop(first);
            drop(event.listen());
        }
    });
    others.join().unwrap();
    event.notify(1);
    second.wait();
}
