//! Misuse of memory is found where the process has the allocator for it.

use bohrbug::memory::Quarantine;
use bohrbug::{Carrier, Exploration, Program, Report};
use bohrbug_sync::atomic::{AtomicPtr, AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, Mutex, mpsc, thread};

#[global_allocator]
static ALLOCATOR: Quarantine = Quarantine;

/// A block that two tasks know.
type Block = Arc<AtomicPtr<u64>>;

fn beside(child: fn(&Block), main: fn(&Block)) {
    let block: Block = Arc::new(AtomicPtr::new(Box::into_raw(Box::new(0x5EED))));
    let thread = thread::spawn({
        let block = block.clone();
        move || child(&block)
    });
    main(&block);
    thread.join().unwrap();
}

/// Frees what is there, and leaves it for the other one to free again.
fn free(block: &Block) {
    let pointer = block.load(SeqCst);
    // SAFETY: none; this is the bug. The allocator keeps the block, so that nothing comes of it.
    drop(unsafe { Box::from_raw(pointer) });
}

fn take_and_free(block: &Block) {
    let pointer = block.swap(std::ptr::null_mut(), SeqCst);
    if !pointer.is_null() {
        // SAFETY: only one of the two finds it.
        drop(unsafe { Box::from_raw(pointer) });
    }
}

fn write(block: &Block) {
    let pointer = block.load(SeqCst);
    // SAFETY: none, as above.
    unsafe { pointer.write_volatile(1) };
}

struct Case {
    name: &'static str,
    finds: Option<&'static str>,
    program: fn(),
}

const CASES: &[Case] = &[
    Case { name: "both free", finds: Some("a double free: 8 bytes"), program: || beside(free, free) },
    Case {
        name: "one frees and one writes",
        finds: Some("a write after free: byte 0 of 8"),
        program: || beside(free, write),
    },
    Case { name: "who takes it frees it", finds: None, program: || beside(take_and_free, take_and_free) },
    Case { name: "nobody frees", finds: Some("a leak: 8 bytes"), program: || beside(|_| (), write) },
    Case {
        name: "a vector that grows, threads with names, messages and locks",
        finds: None,
        program: || {
            let (sender, receiver) = mpsc::channel();
            let all = Arc::new(Mutex::new(Vec::new()));
            let child = thread::Builder::new().name("sender".to_owned()).spawn({
                let all = all.clone();
                move || {
                    for number in 0..20_u32 {
                        all.lock().unwrap().push(number);
                    }
                    sender.send("done".to_owned()).unwrap();
                }
            });
            let counted = AtomicU32::new(0);
            counted.fetch_add(receiver.recv().unwrap().len() as u32, SeqCst);
            child.unwrap().join().unwrap();
            assert_eq!(all.lock().unwrap().len(), 20);
        },
    },
    Case {
        name: "a panic that the program catches",
        finds: None,
        program: || {
            let child = thread::spawn(|| std::panic::catch_unwind(|| panic!("on purpose {}", 1)).is_err());
            assert!(child.join().unwrap());
        },
    },
];

fn explore(strategy: &str, carrier: Carrier, program: fn()) -> Report {
    let mut exploration = Exploration::new("memory", strategy).carrier(carrier);
    exploration.budget.executions = Some(300);
    exploration.run(&Program::new(program), |_| ()).unwrap()
}

/// Brute force is done before a leak has come up eight times, and for loom a write through a pointer is no reason to try
/// another order.
fn can_find(strategy: &str, case: &Case) -> bool {
    match case.name {
        "nobody frees" => strategy.ends_with("random"),
        "one frees and one writes" => strategy != "loom",
        _ => true,
    }
}

#[test]
fn misuse_is_found_on_every_runtime_and_correct_code_is_left_alone() {
    let mut wrong = Vec::new();
    let everywhere = ["random", "dfs", "shuttle-random", "loom"].map(|strategy| (strategy, Carrier::Coroutines));
    for (strategy, carrier) in everywhere.into_iter().chain([("random", Carrier::Threads)]) {
        for case in CASES.iter().filter(|case| can_find(strategy, case)) {
            let failure = explore(strategy, carrier, case.program).failure().cloned();
            let message = failure.as_ref().map(|failure| failure.message.as_str());
            let right = match (case.finds, message) {
                (Some(finds), Some(message)) => message.starts_with(finds),
                (finds, message) => finds.is_none() && message.is_none(),
            };
            if !right {
                wrong.push(format!("{strategy} on {}, {}: {failure:?}", carrier.name(), case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_double_free_replays_and_names_the_events_before_it() {
    let program = Program::new(|| beside(free, free));
    let report = Exploration::new("memory", "dfs").run(&program, |_| ()).unwrap();
    let failure = report.failure().cloned().unwrap();
    assert_eq!(failure.kind, bohrbug::FailureKind::MemoryMisuse);
    assert!(failure.message.contains("'s load ("), "{failure}");
    let replay = bohrbug::replay(&report.trace().cloned().unwrap(), &program, bohrbug::Runtime::Native).unwrap();
    assert_eq!(replay.verdict, bohrbug::ReplayVerdict::Reproduced);
}

#[test]
fn a_leak_is_found_at_the_same_execution_however_many_threads_are_asked_for() {
    let program = Program::new(|| beside(|_| (), write));
    let found = [1, 3].map(|jobs| {
        let exploration = Exploration::new("memory", "random").jobs(jobs);
        let report = exploration.run(&program, |_| ()).unwrap();
        (report.executions, report.failure().cloned().unwrap().kind)
    });
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0].1, bohrbug::FailureKind::MemoryMisuse);
}
