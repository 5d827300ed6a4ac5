//! Random programs that access cells under all that may order them, or may not.

use bohrbug_sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::sample::select;

/// One step of a task; those with steps inside do them in the critical section, or if what they look for is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Read(usize),
    Write(usize),
    Store(usize, Ordering),
    Add(usize, Ordering),
    /// If the atomic is not 0.
    IfSet(usize, Ordering, Vec<Op>),
    /// Exchanges 0 for 1; the steps inside if it fails.
    Exchange(Ordering, Ordering, Vec<Op>),
    Fence(Ordering),
    Lock(usize, Vec<Op>),
    TryLock(usize, Vec<Op>),
    ReadLock(Vec<Op>),
    WriteLock(Vec<Op>),
    /// Sets the flag under its mutex and notifies.
    Signal,
    /// Waits for the flag.
    Await,
    Barrier,
    Once(Vec<Op>),
    IfOnce(Vec<Op>),
    Send,
    TrySend,
    Recv,
    /// If there is a message.
    TryRecv(Vec<Op>),
    DropSender,
    DropReceiver,
    Park,
    /// Unparks main.
    Unpark,
    /// In a scoped thread.
    Scope(Vec<Op>),
    /// If the first child has ended; in main only.
    IfFinished(Vec<Op>),
}

/// Main spawns its children in order, does its own steps, joins the children and reads every cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// The channel's.
    pub(crate) capacity: Option<usize>,
    /// Who has its receiver: main (0) or a child, from 1. Everybody else has a sender.
    pub(crate) receiver: usize,
    pub(crate) main: Vec<Op>,
    pub(crate) children: Vec<Vec<Op>>,
    /// Whether main joins before it reads.
    pub(crate) joins: bool,
}

const LOADS: [Ordering; 3] = [Relaxed, Acquire, SeqCst];
const STORES: [Ordering; 3] = [Relaxed, Release, SeqCst];
const UPDATES: [Ordering; 5] = [Relaxed, Acquire, Release, AcqRel, SeqCst];
const FENCES: [Ordering; 4] = [Acquire, Release, AcqRel, SeqCst];

type Steps = proptest::strategy::BoxedStrategy<Vec<Op>>;
type Step = proptest::strategy::BoxedStrategy<Op>;

fn access() -> Step {
    let cell = select(vec![0_usize, 0, 1]);
    prop_oneof![cell.clone().prop_map(Op::Read), cell.prop_map(Op::Write)].boxed()
}

/// What a program is about: cells are accessed under it, around it and after it.
#[derive(Clone, Copy, Debug)]
enum Theme {
    Flags,
    Locks,
    Readers,
    Signals,
    Initialisation,
    Messages,
    Threads,
}

fn step(theme: Theme) -> Step {
    let some = || vec(access(), 1..=2);
    let atomic = || select(vec![0_usize, 0, 0, 1]);
    match theme {
        Theme::Flags => prop_oneof![
            3 => (atomic(), select(&STORES[..])).prop_map(|(atomic, order)| Op::Store(atomic, order)),
            4 => (atomic(), select(&LOADS[..]), flagged()).prop_map(|(atomic, order, ops)| Op::IfSet(atomic, order, ops)),
            2 => (atomic(), select(&UPDATES[..])).prop_map(|(atomic, order)| Op::Add(atomic, order)),
            1 => (select(&UPDATES[..]), select(&LOADS[..]), some())
                .prop_map(|(success, failure, ops)| Op::Exchange(success, failure, ops)),
            2 => select(&FENCES[..]).prop_map(Op::Fence),
        ]
        .boxed(),
        Theme::Locks => prop_oneof![
            4 => (select(vec![0, 0, 0, 1]), some()).prop_map(|(lock, ops)| Op::Lock(lock, ops)),
            1 => (select(vec![0, 0, 0, 1]), some()).prop_map(|(lock, ops)| Op::TryLock(lock, ops)),
        ]
        .boxed(),
        Theme::Readers => prop_oneof![some().prop_map(Op::ReadLock), some().prop_map(Op::WriteLock)].boxed(),
        Theme::Signals => select(vec![Op::Signal, Op::Await, Op::Barrier, Op::Barrier, Op::Park, Op::Unpark]).boxed(),
        Theme::Initialisation => prop_oneof![some().prop_map(Op::Once), some().prop_map(Op::IfOnce)].boxed(),
        Theme::Messages => prop_oneof![
            5 => select(vec![Op::Send, Op::Send, Op::TrySend, Op::Recv, Op::Recv]),
            1 => select(vec![Op::DropSender, Op::DropReceiver]),
            2 => some().prop_map(Op::TryRecv),
        ]
        .boxed(),
        Theme::Threads => prop_oneof![some().prop_map(Op::Scope), some().prop_map(Op::IfFinished)].boxed(),
    }
}

/// What is done if a flag was seen: accesses, perhaps behind a fence.
fn flagged() -> Steps {
    (proptest::option::of(select(vec![Op::Fence(Acquire), Op::Fence(SeqCst)])), vec(access(), 1..=2))
        .prop_map(|(fence, accesses)| fence.into_iter().chain(accesses).collect())
        .boxed()
}

/// Programs: of anything, and of two idioms whose rules are finer than random steps often come to.
pub(crate) fn programs() -> impl Strategy<Value = Program> {
    prop_oneof![2 => of_anything().boxed(), 2 => publishing().boxed(), 1 => making_room().boxed()]
}

/// One task writes a cell and sets a flag, another reads the flag and then the cell, perhaps with a third between them.
fn publishing() -> impl Strategy<Value = Program> {
    let fence = || proptest::option::of(select(&FENCES[..]).prop_map(Op::Fence));
    let set = || {
        prop_oneof![
            3 => select(&STORES[..]).prop_map(|order| Op::Store(0, order)),
            1 => select(&UPDATES[..]).prop_map(|order| Op::Add(0, order)),
        ]
    };
    let publisher = (fence(), set(), fence(), proptest::option::of(set())).prop_map(|(before, set, after, again)| {
        [Some(Op::Write(0)), before, Some(set), after, again].into_iter().flatten().collect()
    });
    let reader = || {
        let inside = fence().prop_map(|fence| fence.into_iter().chain([Op::Read(0)]).collect::<Vec<_>>());
        prop_oneof![
            2 => (select(&LOADS[..]), inside.clone()).prop_map(|(order, ops)| Op::IfSet(0, order, ops)),
            1 => (select(&UPDATES[..]), select(&LOADS[..]), inside)
                .prop_map(|(success, failure, ops)| Op::Exchange(success, failure, ops)),
        ]
    };
    let between = proptest::option::of(select(&UPDATES[..]).prop_map(|order| vec![Op::Add(0, order)]));
    (publisher, between, proptest::option::of(set()), reader()).prop_map(|(publisher, between, first, reader)| {
        Program {
            capacity: None,
            receiver: 0,
            main: first.into_iter().chain([reader]).collect(),
            children: [publisher].into_iter().chain(between).collect(),
            joins: true,
        }
    })
}

/// One task sends more than a bounded channel holds, and another takes it.
fn making_room() -> impl Strategy<Value = Program> {
    let with_access = |op: Op, count: usize| {
        (0..=count, select(vec![Op::Write(0), Op::Write(0), Op::Read(0)])).prop_map(move |(place, access)| {
            let mut ops = vec![op.clone(); count];
            ops.insert(place, access);
            ops
        })
    };
    (0..=2_usize, 0..=1_usize, 1..=3_usize).prop_flat_map(move |(capacity, more, receives)| {
        let sends = capacity + 1 + more;
        (with_access(Op::Send, sends), with_access(Op::Recv, receives)).prop_map(move |(sends, receives)| Program {
            capacity: Some(capacity),
            receiver: 1,
            main: sends,
            children: vec![receives],
            joins: true,
        })
    })
}

fn of_anything() -> impl Strategy<Value = Program> {
    let themes = vec![
        Theme::Flags,
        Theme::Flags,
        Theme::Flags,
        Theme::Locks,
        Theme::Readers,
        Theme::Signals,
        Theme::Initialisation,
        Theme::Messages,
        Theme::Messages,
        Theme::Threads,
    ];
    (select(themes.clone()), select(themes)).prop_flat_map(|(first, second)| {
        let op = prop_oneof![4 => step(first), 1 => step(second), 4 => access()];
        let steps = |most: usize| vec(op.clone(), 1..=most);
        let one = (steps(3), vec(steps(4), 1));
        let two = (vec(op.clone(), 0..=2), vec(steps(2), 2));
        let channel = (select(vec![None, Some(0), Some(1), Some(1), Some(2)]), 0..=1_usize);
        let joins = prop_oneof![6 => Just(true), 1 => Just(false)];
        (prop_oneof![one, two], channel, joins).prop_map(|((main, children), (capacity, receiver), joins)| Program {
            capacity,
            receiver,
            main,
            children,
            joins,
        })
    })
}
