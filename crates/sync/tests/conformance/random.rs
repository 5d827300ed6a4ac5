//! Random programs over channels and atomics: what brute force finds on native, brute force finds on shuttle, and loom
//! finds nothing else.
//!
//! Two threads, two or three steps each. The receiver's end is with main, a sender with the other thread.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::control::Runtime;
use bohrbug_sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use bohrbug_sync::{Arc, thread};

use crate::case::Budget;
use crate::dfs::Dfs;
use crate::explorer::{Bench, Explorer, Panics, alone};
use crate::foreign::{on_loom_for, on_shuttle};
use crate::native::on_native;

const PROGRAMS: u64 = 120;

#[derive(Clone, Copy, Debug)]
enum Step {
    Recv,
    TryRecv,
    RecvTimeout,
    DropReceiver,
    Send,
    TrySend,
    DropSender,
    Load,
    Add,
    Park,
    Unpark,
}

const MAIN: &[Step] =
    &[Step::Recv, Step::TryRecv, Step::RecvTimeout, Step::DropReceiver, Step::Load, Step::Add, Step::Park];
const OTHER: &[Step] = &[Step::Send, Step::Send, Step::TrySend, Step::DropSender, Step::Load, Step::Add, Step::Unpark];

#[derive(Clone, Debug)]
struct Program {
    bound: Option<usize>,
    main: Vec<Step>,
    other: Vec<Step>,
    timeouts: u32,
}

/// Knuth's generator: the same programs on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn steps(&mut self, of: &[Step]) -> Vec<Step> {
        (0..2 + self.below(2)).map(|_| of[self.below(of.len())]).collect()
    }
}

fn program(seed: u64) -> Program {
    let mut numbers = Numbers(seed);
    numbers.below(2);
    Program {
        bound: [None, Some(0), Some(1)][numbers.below(3)],
        main: numbers.steps(MAIN),
        other: numbers.steps(OTHER),
        timeouts: numbers.below(2) as u32,
    }
}

enum AnySender {
    Unbounded(Sender<u32>),
    Bounded(SyncSender<u32>),
}

struct Hands {
    sender: Option<AnySender>,
    receiver: Option<Receiver<u32>>,
    number: Arc<AtomicU32>,
    main: thread::Thread,
}

impl Hands {
    fn perform(&mut self, step: Step) -> String {
        match step {
            Step::Load => self.number.load(Ordering::SeqCst).to_string(),
            Step::Add => self.number.fetch_add(1, Ordering::SeqCst).to_string(),
            Step::Park => {
                thread::park();
                "parked".to_owned()
            }
            Step::Unpark => {
                self.main.unpark();
                "unparked".to_owned()
            }
            Step::DropReceiver => self.receiver.take().map_or("-".to_owned(), |_| "dropped".to_owned()),
            Step::DropSender => self.sender.take().map_or("-".to_owned(), |_| "dropped".to_owned()),
            Step::Recv | Step::TryRecv | Step::RecvTimeout => {
                let Some(receiver) = &self.receiver else { return "-".to_owned() };
                match step {
                    Step::Recv => format!("{:?}", receiver.recv()),
                    Step::TryRecv => format!("{:?}", receiver.try_recv()),
                    _ => format!("{:?}", receiver.recv_timeout(Duration::from_secs(1))),
                }
            }
            Step::Send | Step::TrySend => match (&self.sender, step) {
                (None, _) => "-".to_owned(),
                (Some(AnySender::Unbounded(sender)), _) => format!("{:?}", sender.send(7)),
                (Some(AnySender::Bounded(sender)), Step::Send) => format!("{:?}", sender.send(7)),
                (Some(AnySender::Bounded(sender)), _) => format!("{:?}", sender.try_send(7)),
            },
        }
    }

    fn perform_all(mut self, steps: &[Step]) -> String {
        steps.iter().map(|&step| self.perform(step)).collect::<Vec<_>>().join(" ")
    }
}

fn run(program: &Program) -> String {
    let (sender, receiver) = match program.bound {
        None => {
            let (sender, receiver) = channel();
            (AnySender::Unbounded(sender), receiver)
        }
        Some(bound) => {
            let (sender, receiver) = sync_channel(bound);
            (AnySender::Bounded(sender), receiver)
        }
    };
    let number = Arc::new(AtomicU32::new(0));
    let main = thread::current();
    let theirs = Hands { sender: Some(sender), receiver: None, number: number.clone(), main: main.clone() };
    let mine = Hands { sender: None, receiver: Some(receiver), number, main };
    let steps = program.other.clone();
    let other = thread::spawn(move || theirs.perform_all(&steps));
    let mine = mine.perform_all(&program.main);
    format!("{mine} | {}", other.join().unwrap())
}

fn explore(program: &Program, runtime: Runtime) -> BTreeSet<String> {
    let search = Rc::new(RefCell::new(Dfs::default()));
    let choices = (runtime != Runtime::Loom).then(|| search.clone());
    let budget = Budget { timeouts: program.timeouts, ..Budget::NONE };
    let run = {
        let program = program.clone();
        Box::new(move || run(&program))
    };
    let mut bench = Bench::new(runtime, budget, Explorer::new(choices, Panics::Stop), run);
    match runtime {
        Runtime::Native => on_native(&mut bench, &search),
        Runtime::Shuttle => on_shuttle(&mut bench, search, 1_000_000),
        Runtime::Loom => on_loom_for(&mut bench, 1_000_000),
    }
    std::mem::take(&mut bench.explorer().seen)
}

#[test]
fn random_programs_have_the_same_outcomes_on_native_and_shuttle_and_no_others_on_loom() {
    let _alone = alone();
    let mut seen_by_loom = (0, 0);
    for seed in 0..PROGRAMS {
        let program = program(seed);
        let native = explore(&program, Runtime::Native);
        assert_eq!(native, explore(&program, Runtime::Shuttle), "program {seed}, native and shuttle: {program:?}");
        let loom = explore(&program, Runtime::Loom);
        assert!(loom.is_subset(&native), "program {seed}: {program:?}: loom {loom:?}, native {native:?}");
        seen_by_loom = (seen_by_loom.0 + loom.len(), seen_by_loom.1 + native.len());
    }
    println!("loom found {} of {} outcomes", seen_by_loom.0, seen_by_loom.1);
    assert!(seen_by_loom.1 > PROGRAMS as usize, "the programs are too tame");
}
