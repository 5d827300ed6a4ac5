//! Runs a program once, in whatever execution is under way.

use bohrbug_sync::atomic::{AtomicU32, fence};
use bohrbug_sync::cell::{Access, UnsafeCell};
use bohrbug_sync::mpsc::{self, Receiver, Sender, SyncSender};
use bohrbug_sync::thread::{self, JoinHandle, Thread};
use bohrbug_sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock, Shared};

use crate::program::{Op, Program};

/// How many meet at the barrier.
pub(crate) const PARTIES: usize = 2;

struct World {
    shared: Shared<u32>,
    bare: Bare,
    atomics: [AtomicU32; 2],
    locks: [Mutex<()>; 2],
    readers: RwLock<()>,
    flag: Mutex<bool>,
    signal: Condvar,
    barrier: Barrier,
    once: Once,
    main: Thread,
}

/// A cell whose accesses are no scheduling points.
struct Bare(UnsafeCell<u32>);

// SAFETY: nobody touches the value.
unsafe impl Sync for Bare {}

/// A channel's sending end, of either kind.
enum Tx {
    Bounded(SyncSender<()>),
    Unbounded(Sender<()>),
}

impl Tx {
    fn copy(&self) -> Self {
        match self {
            Self::Bounded(sender) => Self::Bounded(sender.clone()),
            Self::Unbounded(sender) => Self::Unbounded(sender.clone()),
        }
    }
}

struct Task<'a> {
    world: &'a World,
    sender: Option<Tx>,
    receiver: Option<Receiver<()>>,
    /// Main's children.
    children: &'a [JoinHandle<()>],
}

/// Runs the program as the main task.
pub(crate) fn run(program: &Program) {
    let world = Arc::new(World {
        shared: Shared::new(0),
        bare: Bare(UnsafeCell::new(0)),
        atomics: [AtomicU32::new(0), AtomicU32::new(0)],
        locks: [Mutex::new(()), Mutex::new(())],
        readers: RwLock::new(()),
        flag: Mutex::new(false),
        signal: Condvar::new(),
        barrier: Barrier::new(PARTIES),
        once: Once::new(),
        main: thread::current(),
    });
    let (sender, receiver) = channel(program.capacity);
    let mut receiver = Some(receiver);
    let mut end = |task: usize| {
        let is_receiver = task == program.receiver;
        (if is_receiver { None } else { Some(sender.copy()) }, if is_receiver { receiver.take() } else { None })
    };
    let (own_sender, own_receiver) = end(0);
    let ends: Vec<_> = (1..=program.children.len()).map(end).collect();
    drop(sender);
    let children: Vec<_> = program
        .children
        .iter()
        .cloned()
        .zip(ends)
        .map(|(ops, (sender, receiver))| {
            let world = world.clone();
            thread::spawn(move || Task { world: &world, sender, receiver, children: &[] }.run(&ops))
        })
        .collect();
    Task { world: &world, sender: own_sender, receiver: own_receiver, children: &children }.run(&program.main);
    if program.joins {
        children.into_iter().for_each(|child| child.join().unwrap());
    }
    world.access(&Op::Read(0));
    world.access(&Op::Read(1));
}

fn channel(capacity: Option<usize>) -> (Tx, Receiver<()>) {
    match capacity {
        None => {
            let (sender, receiver) = mpsc::channel();
            (Tx::Unbounded(sender), receiver)
        }
        Some(capacity) => {
            let (sender, receiver) = mpsc::sync_channel(capacity);
            (Tx::Bounded(sender), receiver)
        }
    }
}

impl World {
    fn access(&self, op: &Op) {
        match op {
            Op::Read(0) => _ = self.shared.get(),
            Op::Write(0) => self.shared.set(1),
            Op::Read(_) => self.bare.0.with(|_| ()),
            _ => self.bare.0.with_mut(|_| ()),
        }
    }
}

impl Task<'_> {
    fn run(mut self, ops: &[Op]) {
        self.all(ops);
    }

    fn all(&mut self, ops: &[Op]) {
        for op in ops {
            self.step(op);
        }
    }

    fn all_if(&mut self, condition: bool, ops: &[Op]) {
        if condition {
            self.all(ops);
        }
    }

    fn step(&mut self, op: &Op) {
        let world = self.world;
        match op {
            Op::Read(_) | Op::Write(_) => world.access(op),
            Op::Store(which, order) => world.atomics[*which].store(1, *order),
            Op::Add(which, order) => _ = world.atomics[*which].fetch_add(1, *order),
            Op::IfSet(which, order, ops) => self.all_if(world.atomics[*which].load(*order) > 0, ops),
            Op::Exchange(success, failure, ops) => {
                let failed = world.atomics[0].compare_exchange(0, 1, *success, *failure).is_err();
                self.all_if(failed, ops);
            }
            Op::Fence(order) => fence(*order),
            Op::Lock(which, ops) => {
                let _guard = world.locks[*which].lock().unwrap();
                self.all(ops);
            }
            Op::TryLock(which, ops) => {
                if let Ok(_guard) = world.locks[*which].try_lock() {
                    self.all(ops);
                }
            }
            Op::ReadLock(ops) => {
                let _guard = world.readers.read().unwrap();
                self.all(ops);
            }
            Op::WriteLock(ops) => {
                let _guard = world.readers.write().unwrap();
                self.all(ops);
            }
            Op::Signal => {
                *world.flag.lock().unwrap() = true;
                world.signal.notify_all();
            }
            Op::Await => drop(world.signal.wait_while(world.flag.lock().unwrap(), |set| !*set).unwrap()),
            Op::Barrier => _ = world.barrier.wait(),
            Op::Once(ops) => world.once.call_once(|| self.all(ops)),
            Op::IfOnce(ops) => self.all_if(world.once.is_completed(), ops),
            Op::Park => thread::park(),
            Op::Unpark => world.main.unpark(),
            Op::Scope(ops) => thread::scope(|scope| {
                scope.spawn(|| Task { world, sender: None, receiver: None, children: &[] }.run(ops));
            }),
            Op::IfFinished(ops) => {
                let finished = self.children.first().is_some_and(JoinHandle::is_finished);
                self.all_if(finished, ops);
            }
            Op::Send | Op::TrySend | Op::DropSender => self.send(op),
            Op::Recv | Op::TryRecv(_) | Op::DropReceiver => self.receive(op),
        }
    }

    fn send(&mut self, op: &Op) {
        match (&self.sender, op) {
            (None, _) => {}
            (_, Op::DropSender) => self.sender = None,
            (Some(Tx::Unbounded(sender)), _) => _ = sender.send(()),
            (Some(Tx::Bounded(sender)), Op::Send) => _ = sender.send(()),
            (Some(Tx::Bounded(sender)), _) => _ = sender.try_send(()),
        }
    }

    fn receive(&mut self, op: &Op) {
        match (&self.receiver, op) {
            (None, _) => {}
            (_, Op::DropReceiver) => self.receiver = None,
            (Some(receiver), Op::TryRecv(ops)) => {
                let received = receiver.try_recv().is_ok();
                self.all_if(received, ops);
            }
            (Some(receiver), _) => _ = receiver.recv(),
        }
    }
}
