//! Channels.

use std::time::Duration;

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::mpsc::{RecvTimeoutError, SendError, TryRecvError, TrySendError, channel, sync_channel};
use bohrbug_sync::{Arc, Mutex, thread};

use super::mutexes::WOULD_HANG;
use crate::case::{Budget, Case};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "messages of one sender come in order, then the end",
        program: || {
            let (sender, receiver) = channel();
            thread::spawn(move || (1..=3).for_each(|message| sender.send(message).unwrap()));
            format!("{:?} {:?}", receiver.iter().collect::<Vec<_>>(), receiver.try_recv())
        },
        outcomes: &["[1, 2, 3] Err(Disconnected)"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "messages of two senders come in either order",
        program: two_senders,
        outcomes: &["ab", "ba"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "try_recv finds a message, none yet, or none ever",
        program: || {
            let (sender, receiver) = channel();
            let other = thread::spawn(move || sender.send(1).unwrap());
            let found = match receiver.try_recv() {
                Ok(_) => "message",
                Err(TryRecvError::Empty) => "empty",
                Err(TryRecvError::Disconnected) => "disconnected",
            };
            other.join().unwrap();
            format!("{found} {:?}", receiver.try_iter().collect::<Vec<i32>>())
        },
        outcomes: &["empty [1]", "message []"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a receiver that is gone gives the message back",
        program: || {
            let (sender, receiver) = channel();
            drop(receiver);
            match sender.send(5) {
                Ok(()) => "sent".to_owned(),
                Err(SendError(message)) => format!("back {message}"),
            }
        },
        outcomes: &["back 5"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a receiver that goes drops the messages that it leaves",
        program: leaving_receiver,
        outcomes: &["refused 1", "sent 1"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "recv waits for ever while a sender is left",
        program: || {
            let (_sender, receiver) = channel::<()>();
            format!("{:?}", receiver.recv())
        },
        outcomes: &["deadlock"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "a bounded channel lets its sender be no further ahead than its bound",
        program: || bounded(1),
        outcomes: &["[1, 2] ahead by 0", "[1, 2] ahead by 1"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a full channel refuses try_send",
        program: || {
            let (sender, receiver) = sync_channel(1);
            sender.send(1).unwrap();
            let refused = matches!(sender.try_send(2), Err(TrySendError::Full(2)));
            drop(receiver);
            format!("{refused} {}", matches!(sender.try_send(3), Err(TrySendError::Disconnected(3))))
        },
        outcomes: &["true true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a full channel that nobody receives from is a deadlock",
        program: || {
            let (sender, _receiver) = sync_channel(1);
            sender.send(1).unwrap();
            sender.send(2).unwrap();
            "sent".to_owned()
        },
        outcomes: &["deadlock"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "two senders share the one place of a channel",
        program: || {
            let (sender, receiver) = sync_channel(1);
            thread::scope(|s| {
                s.spawn(|| sender.send('a').unwrap());
                s.spawn(|| sender.send('b').unwrap());
                receiver.iter().take(2).collect()
            })
        },
        outcomes: &["ab", "ba"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a rendezvous hands over, and the sender goes on no earlier than the receiver arrives",
        program: || {
            let (sender, receiver) = sync_channel(0);
            let arrived = Arc::new(AtomicU32::new(0));
            let other = thread::spawn({
                let arrived = arrived.clone();
                move || {
                    sender.send(1).unwrap();
                    arrived.load(Ordering::SeqCst)
                }
            });
            arrived.store(1, Ordering::SeqCst);
            format!("{:?} {}", receiver.recv(), other.join().unwrap())
        },
        outcomes: &["Ok(1) 1"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a rendezvous whose receiver goes gives the message back",
        program: || {
            let (sender, receiver) = sync_channel(0);
            let other = thread::spawn(move || drop(receiver));
            let result = format!("{:?}", sender.send(1).map_err(|SendError(message)| message));
            other.join().unwrap();
            result
        },
        outcomes: &["Err(1)"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "try_send into a rendezvous needs a receiver that waits",
        program: || {
            let (sender, receiver) = sync_channel(0);
            let other = thread::spawn(move || receiver.recv().is_ok());
            let sent = sender.try_send(1).is_ok();
            drop(sender);
            format!("{sent} {}", other.join().unwrap())
        },
        outcomes: &["false false", "true true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "try_recv from a rendezvous needs a sender that waits",
        program: || {
            let (sender, receiver) = sync_channel(0);
            let other = thread::spawn(move || sender.send(1).is_ok());
            let received = receiver.try_recv().is_ok();
            drop(receiver);
            format!("{received} {}", other.join().unwrap())
        },
        outcomes: &["false false", "true true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a rendezvous with nobody is a deadlock",
        program: || {
            let (sender, _receiver) = sync_channel(0);
            sender.send(1).unwrap();
            "sent".to_owned()
        },
        outcomes: &["deadlock"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "two senders meet one receiver, and one of them in vain",
        program: || {
            let (sender, receiver) = sync_channel(0);
            thread::scope(|s| {
                let a = s.spawn(|| sender.send('a').is_ok());
                s.spawn(|| sender.send('b'));
                let first = receiver.recv().unwrap();
                drop(receiver);
                format!("{first} {}", a.join().unwrap())
            })
        },
        outcomes: &["a true", "b false"],
        budget: Budget::NONE,
        limits: &[(crate::case::On::Shuttle, crate::case::Limit::Skips, "66,698 executions, of 3,885 on native")],
    },
    Case {
        name: "recv_timeout times out when nobody else can act",
        program: || {
            let (_sender, receiver) = channel::<()>();
            format!("{:?}", receiver.recv_timeout(Duration::from_millis(1)))
        },
        outcomes: &["Err(Timeout)"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "recv_timeout on a rendezvous times out when nobody else can act",
        program: || {
            let (_sender, receiver) = sync_channel::<()>(0);
            format!("{:?}", receiver.recv_timeout(Duration::from_millis(1)))
        },
        outcomes: &["Err(Timeout)"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "recv_timeout waits while a message can still come, where timeouts do not come early",
        program: || recv_timeout(Duration::from_secs(3)),
        outcomes: &["Ok(1) then Err(Disconnected)"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "recv_timeout may time out although a message is coming, where that is allowed",
        program: || recv_timeout(Duration::from_micros(1)),
        outcomes: &["Err(Timeout) then Ok(1)", "Ok(1) then Err(Disconnected)", "Ok(1) then Err(Timeout)"],
        budget: Budget::ONE_TIMEOUT,
        limits: &[(
            crate::case::On::Os,
            crate::case::Limit::Adds(&["Err(Timeout) then Err(Timeout)"]),
            "real time may run out twice",
        )],
    },
    Case {
        name: "two threads that wait for each other's messages are a deadlock",
        program: || {
            let (to_main, from_other) = channel::<()>();
            let (to_other, from_main) = channel::<()>();
            let other = thread::spawn(move || {
                let received = from_main.recv();
                let _ = to_main.send(());
                received.is_ok()
            });
            let received = from_other.recv().is_ok();
            drop(to_other);
            format!("{received} {}", other.join().unwrap())
        },
        outcomes: &["deadlock"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "a sender that a panic drops is gone",
        program: || {
            let (sender, receiver) = channel::<()>();
            let other = thread::spawn(move || {
                let _sender = sender;
                panic!("on purpose");
            });
            format!("{:?} {}", receiver.recv(), other.join().is_err())
        },
        outcomes: &["Err(RecvError) true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a message sent while unwinding arrives",
        program: || {
            let (sender, receiver) = sync_channel(2);
            let other = thread::spawn(move || {
                let _last = OnDrop(move || sender.send("last words").unwrap());
                panic!("on purpose");
            });
            format!("{:?} {:?} {}", receiver.recv(), receiver.recv(), other.join().is_err())
        },
        outcomes: &["Ok(\"last words\") Err(RecvError) true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a message received while unwinding makes room",
        program: || {
            let (sender, receiver) = sync_channel(1);
            sender.send(1).unwrap();
            let receiver = Arc::new(Mutex::new(receiver));
            let other = thread::spawn({
                let receiver = receiver.clone();
                move || {
                    let _last = OnDrop(move || assert_eq!(receiver.lock().unwrap().recv(), Ok(1)));
                    panic!("on purpose");
                }
            });
            let sent = sender.send(2).is_ok();
            format!("{sent} {} {:?}", other.join().is_err(), receiver.lock().unwrap().recv())
        },
        outcomes: &["true true Ok(2)"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a rendezvous whose receiver panics gives the message back",
        program: || {
            let (sender, receiver) = sync_channel::<u32>(0);
            let other = thread::spawn(move || {
                let _receiver = receiver;
                panic!("on purpose");
            });
            format!("{:?} {}", sender.send(1).map_err(|SendError(message)| message), other.join().is_err())
        },
        outcomes: &["Err(1) true"],
        budget: Budget::NONE,
        limits: &[],
    },
];

/// Runs its closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        self.0();
    }
}

fn two_senders() -> String {
    let (sender, receiver) = channel();
    let other = thread::spawn({
        let sender = sender.clone();
        move || sender.send('b').unwrap()
    });
    sender.send('a').unwrap();
    drop(sender);
    let received = receiver.into_iter().collect();
    other.join().unwrap();
    received
}

/// Counts its drops.
#[derive(Debug)]
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn leaving_receiver() -> String {
    let dropped = Arc::new(AtomicU32::new(0));
    let (sender, receiver) = channel();
    let other = thread::spawn(move || drop(receiver));
    let sent = sender.send(Counted(dropped.clone())).map_err(drop).is_ok();
    other.join().unwrap();
    format!("{} {}", if sent { "sent" } else { "refused" }, dropped.load(Ordering::SeqCst))
}

/// How many messages the sender has put when the first has been received.
fn bounded(bound: usize) -> String {
    let (sender, receiver) = sync_channel(bound);
    let sent = Arc::new(AtomicU32::new(0));
    let other = thread::spawn({
        let sent = sent.clone();
        move || {
            for message in 1..=2 {
                sender.send(message).unwrap();
                sent.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let ahead = sent.load(Ordering::SeqCst);
    let received = receiver.iter().collect::<Vec<_>>();
    other.join().unwrap();
    format!("{received:?} ahead by {ahead}")
}

fn recv_timeout(timeout: Duration) -> String {
    let (sender, receiver) = channel();
    let other = thread::spawn(move || sender.send(1).unwrap());
    let first: Result<i32, RecvTimeoutError> = receiver.recv_timeout(timeout);
    let second = receiver.recv_timeout(timeout);
    other.join().unwrap();
    format!("{first:?} then {second:?}")
}
