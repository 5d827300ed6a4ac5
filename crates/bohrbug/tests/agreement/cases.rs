//! Programs that the runtimes once did not agree on, or do not.

use crate::collect::explore;
use crate::interpret::{Final, Seen};
use crate::program::{Capacity, Child, Op, Program};

/// A program, and a final state that was missed, or was not the only one.
struct Case {
    program: fn() -> Program,
    seen: &'static [&'static [Seen]],
}

fn child(ops: Vec<Op>) -> Child {
    Child { ops, joined: true }
}

const CASES: &[Case] = &[
    // The child's panic drops the receiver on the way to its first scheduling point. `dfs` took every thread's first step
    // at once, and so never saw the message arrive before.
    Case {
        program: || Program {
            capacity: Capacity::Bounded(1),
            main: vec![Op::Send],
            children: vec![child(vec![Op::Panic, Op::Recv])],
        },
        seen: &[&[("send", 1), ("join", 0)], &[("panic", 0)], &[], &[]],
    },
    // The same with a sender and who waits for its end.
    Case {
        program: || Program {
            capacity: Capacity::Unbounded,
            main: vec![Op::TryRecv],
            children: vec![child(vec![Op::Panic, Op::Send])],
        },
        seen: &[&[("receive", 1003), ("join", 0)], &[("panic", 0)], &[], &[]],
    },
    // The child waits for room, and main takes the message and tries to send before the child goes on. shuttle's own channel
    // keeps the place for the child, so that there was no room for main.
    Case {
        program: || Program {
            capacity: Capacity::Bounded(1),
            main: vec![Op::Send, Op::Recv, Op::TrySend],
            children: vec![child(vec![Op::Send])],
        },
        seen: &[&[("send", 1), ("receive", 1), ("send", 1), ("join", 1)], &[("send", 0)], &[], &[]],
    },
];

#[test]
fn what_was_once_missed_is_found() {
    for (number, case) in CASES.iter().enumerate() {
        let program = (case.program)();
        let native = explore(&program, "dfs", 10_000);
        let shuttle = explore(&program, "shuttle-dfs", 100_000);
        assert!(native.complete && shuttle.complete, "case {number} is too large");
        assert_eq!(native.states, shuttle.states, "case {number}");
        let has = |state: &Final| matches!(state, Final::Ended(seen, _) if seen.iter().eq(case.seen.iter()));
        assert!(native.states.iter().any(has), "case {number}: {:#?}", native.states);
    }
}

/// Programs of which loom's search (0.7) comes to its end without some of the final states: that is why it proves nothing.
const LOOM_MISSES: &[fn() -> Program] = &[|| Program {
    capacity: Capacity::Unbounded,
    main: vec![Op::TryRead(Vec::new())],
    children: vec![child(vec![Op::TryWrite(Vec::new()), Op::Read(Vec::new())])],
}];

#[test]
fn what_looms_search_misses_dpor_finds() {
    for (number, program) in LOOM_MISSES.iter().enumerate() {
        let program = program();
        let [dpor, loom] = ["dpor", "loom"].map(|strategy| explore(&program, strategy, 10_000));
        assert!(dpor.complete && loom.complete, "case {number} is too large");
        assert_eq!(dpor.states, explore(&program, "dfs", 10_000).states, "case {number}");
        assert!(loom.states.is_subset(&dpor.states), "case {number}: {:#?}", loom.states);
        assert!(loom.states.len() < dpor.states.len(), "case {number}: loom misses nothing");
    }
}
