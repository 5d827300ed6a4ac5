//! What the primitives report, event by event, where one schedule is enough to see it.

use std::cell::RefCell;
use std::rc::Rc;

use bohrbug_events::Outcome;
use bohrbug_sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};
use bohrbug_sync::cell::{Access, UnsafeCell};
use bohrbug_sync::choice::{choose, fault};
use bohrbug_sync::control::Runtime;
use bohrbug_sync::mpsc::{channel, sync_channel};
use bohrbug_sync::{Arc, Mutex, Shared, hint, label, note, thread};

use crate::case::Budget;
use crate::explorer::{Bench, Explorer, Panics, alone};
use crate::foreign::{on_loom_for, on_shuttle};

/// The events of a program's one task, as text.
fn events(program: fn()) -> Vec<String> {
    let explorer = Explorer::new(None, Panics::Stop);
    let mut bench = Bench::new(
        Runtime::Native,
        Budget::NONE,
        explorer,
        Box::new(move || {
            program();
            String::new()
        }),
    );
    bench.run_native();
    let view = bench.execution.view();
    let shown = |event: &bohrbug_sync::control::Event| {
        let mut text = event.operation.to_string();
        if event.object.is_some() {
            let origin = view.origin(event.object);
            text += &format!(" {}", origin.name.as_deref().unwrap_or(origin.kind.name()));
        }
        if event.order != bohrbug_events::MemoryOrder::None {
            text += &format!(" {}", event.order);
        }
        if let Some(value) = event.value() {
            text += &format!(" {value}");
        }
        if event.outcome != Outcome::Done { format!("{text} {}", event.outcome) } else { text }
    };
    let all: Vec<String> = view.events().iter().map(shown).collect();
    all[1..all.len() - 1].to_vec()
}

fn check(program: fn(), expected: &[&str]) {
    let _alone = alone();
    assert_eq!(events(program), expected);
}

#[test]
fn an_atomic_reports_its_orders_and_its_small_values() {
    check(
        || {
            let (atomic, big, signed) = (AtomicU32::new(1), AtomicU64::new(1 << 40), AtomicI32::new(-1));
            label(&atomic, "counter");
            atomic.store(3, Ordering::Release);
            atomic.load(Ordering::Acquire);
            atomic.fetch_add(2, Ordering::AcqRel);
            let _ = atomic.compare_exchange(5, 6, Ordering::SeqCst, Ordering::Relaxed);
            let _ = atomic.compare_exchange_weak(5, 7, Ordering::Relaxed, Ordering::Relaxed);
            big.load(Ordering::Relaxed);
            signed.load(Ordering::Relaxed);
            fence(Ordering::SeqCst);
        },
        &[
            "store counter release 3",
            "load counter acquire 3",
            "rmw counter acq-rel 3",
            "compare-exchange counter seq-cst 5",
            "compare-exchange counter relaxed 6 mismatch",
            "load atomic relaxed",
            "load atomic relaxed 4294967295",
            "fence seq-cst",
        ],
    );
}

#[test]
fn a_pointer_reports_only_whether_it_is_null() {
    check(
        || {
            let mut value = 1;
            let pointer = AtomicPtr::new(std::ptr::null_mut());
            pointer.load(Ordering::Relaxed);
            pointer.store(&mut value, Ordering::Relaxed);
            pointer.load(Ordering::Relaxed);
        },
        &["load atomic relaxed 0", "store atomic relaxed 1", "load atomic relaxed 1"],
    );
}

#[test]
fn a_channel_numbers_its_messages_and_reports_its_ends() {
    check(
        || {
            let (sender, receiver) = channel();
            label(&sender, "jobs");
            let other = sender.clone();
            sender.send('a').unwrap();
            other.send('b').unwrap();
            drop(other);
            receiver.recv().unwrap();
            receiver.try_recv().unwrap();
            let _ = receiver.try_recv();
            drop(receiver);
            let _ = sender.send('c');
        },
        &[
            "send jobs 1",
            "send jobs 2",
            "drop-sender jobs",
            "recv jobs 1",
            "try-recv jobs 2",
            "try-recv jobs would-block",
            "drop-receiver jobs",
            "send jobs disconnected",
            "drop-sender jobs",
        ],
    );
}

#[test]
fn a_rendezvous_reports_both_halves_of_the_handing_over() {
    check(
        || {
            let (sender, receiver) = sync_channel(0);
            label(&receiver, "meet");
            thread::scope(|s| {
                s.spawn(|| sender.send(1).unwrap());
                receiver.recv().unwrap();
            });
            std::mem::forget((sender, receiver));
        },
        &[
            "spawn thread",
            "offer meet",
            "begin thread",
            "send meet 1",
            "recv meet 1",
            "handover meet 1",
            "end thread",
            "join thread",
        ],
    );
}

#[test]
fn choices_and_faults_are_events_on_what_they_are_called() {
    check(
        || {
            for _ in 0..2 {
                fault("disk.full");
            }
            choose(3);
            choose(1);
            hint::spin_loop();
        },
        &["fault disk.full 0", "fault disk.full 0", "choose choice 0", "yield"],
    );
}

#[test]
fn a_note_is_an_event_with_its_number_among_the_tasks_notes() {
    check(
        || {
            note("before");
            let mutex = Mutex::new(1);
            label(&mutex, "accounts");
            note(format_args!("lock {}", "it"));
            drop(mutex.lock());
        },
        &["note 0", "note 1", "lock accounts", "unlock accounts"],
    );
}

/// What the tasks say, on each runtime.
#[test]
fn what_is_said_can_be_read_on_every_runtime() {
    let _alone = alone();
    let program = || {
        note("the first");
        let said = thread::spawn(|| note(format_args!("the {}", "ß".repeat(1000)))).join();
        said.unwrap();
        let texts = bohrbug_sync::control::Execution::with_ambient(|x| {
            let notes = x.events().iter().filter_map(|event| x.note(event));
            notes.map(|text| format!("{} characters", text.chars().count())).collect::<Vec<_>>().join(", ")
        });
        texts.unwrap_or_default()
    };
    for runtime in [Runtime::Native, Runtime::Shuttle, Runtime::Loom] {
        let mut bench = Bench::new(runtime, Budget::NONE, Explorer::new(None, Panics::Stop), Box::new(program));
        match runtime {
            Runtime::Native => bench.run_native(),
            Runtime::Shuttle => on_shuttle(&mut bench, Rc::default(), 10),
            Runtime::Loom => on_loom_for(&mut bench, 10),
        }
        let seen: Vec<String> = bench.explorer().seen.iter().cloned().collect();
        assert_eq!(seen, ["9 characters, 500 characters"], "{runtime:?}");
    }
}

#[test]
fn cells_say_what_was_done_with_them() {
    check(
        || {
            let (shared, cell) = (Shared::new(1), UnsafeCell::new(1));
            label(&shared, "state");
            label(&cell, "raw");
            shared.set(shared.get() + 1);
            cell.with_mut(|_| ());
            cell.get();
        },
        &["cell-read state", "cell-write state", "cell-write raw", "cell-get raw"],
    );
}

/// What ends an execution that cannot be followed.
fn given_up(program: impl Fn() + 'static) -> String {
    let _alone = alone();
    let explorer = Explorer::new(None, Panics::Stop);
    let program = Box::new(move || {
        program();
        "went on".to_owned()
    });
    let mut bench = Bench::new(Runtime::Native, Budget::NONE, explorer, program);
    bench.run_native();
    bench.explorer().seen.pop_first().unwrap_or_default()
}

#[test]
fn a_channel_from_outside_works_until_something_would_have_to_wait() {
    let (sender, receiver) = channel();
    sender.send(1).unwrap();
    let receiver = Mutex::new(receiver);
    let ended = given_up(move || {
        let receiver = receiver.lock().unwrap();
        assert_eq!(receiver.recv(), Ok(1));
        let _ = receiver.recv();
    });
    assert!(ended.starts_with("runtime: a channel that was made outside the execution is empty"), "{ended}");
}

#[test]
fn a_full_channel_from_outside_is_explained_too() {
    let (sender, _receiver) = sync_channel(1);
    let ended = given_up(move || (0..2).for_each(|message| sender.send(message).unwrap()));
    assert!(ended.starts_with("runtime: a channel that was made outside the execution is full"), "{ended}");
}

#[test]
fn an_access_to_a_shared_inside_another_is_explained() {
    let ended = given_up(|| {
        let shared = Shared::new(1);
        shared.write(|_| shared.get());
    });
    assert!(ended.starts_with("runtime: a Shared was accessed while the closure of another"), "{ended}");
}

#[test]
fn loom_reports_a_stale_value_as_one() {
    let _alone = alone();
    let stale = Rc::new(RefCell::new(0));
    let program = || {
        let atomic = Arc::new(AtomicU32::new(0));
        let other = thread::spawn({
            let atomic = atomic.clone();
            move || atomic.store(1, Ordering::Relaxed)
        });
        let seen = atomic.load(Ordering::Relaxed);
        other.join().unwrap();
        format!("{seen} {}", atomic.load(Ordering::Relaxed))
    };
    let counted = {
        let stale = stale.clone();
        move || {
            let end = program();
            let found = bohrbug_sync::control::Execution::with_ambient(|x| {
                x.events().iter().filter(|event| event.outcome == Outcome::Stale).count()
            });
            *stale.borrow_mut() += found.unwrap_or_default();
            end
        }
    };
    let explorer = Explorer::new(None, Panics::Stop);
    let mut bench = Bench::new(Runtime::Loom, Budget::NONE, explorer, Box::new(counted));
    on_loom_for(&mut bench, 1000);
    assert_eq!(bench.explorer().seen.iter().collect::<Vec<_>>(), ["0 1", "1 1"]);
    assert!(*stale.borrow() > 0, "loom read an old value in no execution");
}

#[test]
fn one_atomic_serves_all_runtimes_in_turn() {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let _alone = alone();
    let bench = |runtime| {
        let program = || COUNT.fetch_add(1, Ordering::SeqCst).to_string();
        Bench::new(runtime, Budget::NONE, Explorer::new(None, Panics::Stop), Box::new(program))
    };
    let (mut native, mut shuttle, mut loom) = (bench(Runtime::Native), bench(Runtime::Shuttle), bench(Runtime::Loom));
    native.run_native();
    on_shuttle(&mut shuttle, Rc::default(), 10);
    on_loom_for(&mut loom, 10);
    native.run_native();
    let seen = [&native, &shuttle, &loom].map(|bench| bench.explorer().seen.iter().cloned().collect::<Vec<_>>());
    assert_eq!(seen, [vec!["0".to_owned(), "3".to_owned()], vec!["1".to_owned()], vec!["2".to_owned()]]);
    assert_eq!(COUNT.load(Ordering::SeqCst), 4);
}
