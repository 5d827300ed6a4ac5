//! The search for execution graphs, led through programs: each graph that the axioms allow, once.

use std::collections::{BTreeMap, BTreeSet};

use bohrbug_memory::graphs::{Announced, EventIdx, Explorer, Happened, Op as GraphOp, Source};

use super::oracle::{self, Model, Sequences};
use super::program::{Graph, Op, Program, Writer};
use super::walk::Walk;

/// The first number of a mutex among locations.
const MUTEXES: u32 = 100;

/// What a search came to: how often it came to each complete graph, and how many executions were blocked.
#[derive(Debug, Default)]
pub(crate) struct Explored {
    pub(crate) complete: BTreeMap<Graph, usize>,
    pub(crate) blocked: usize,
}

/// Explores a program to the end.
pub(crate) fn explore(program: &Program) -> Explored {
    let mut explorer = Explorer::new();
    let mut explored = Explored::default();
    while explorer.begin() {
        let graph = run(program, &mut explorer);
        assert_eq!(explorer.complaint(), None, "{program:?}");
        match graph {
            Some(graph) => *explored.complete.entry(graph).or_default() += 1,
            None => explored.blocked += 1,
        }
    }
    explored
}

/// One execution; `None` if a thread waits for good.
fn run(program: &Program, explorer: &mut Explorer) -> Option<Graph> {
    let mut walk = Walk::new(program);
    // For each thread the operations that were events.
    let mut events: Vec<Vec<usize>> = vec![Vec::new(); program.threads.len()];
    loop {
        let announced = |thread| match walk.next(thread) {
            _ if walk.is_blocked(thread) => Announced::Blocked,
            Some(Op::Lock(mutex)) => Announced::Lock(MUTEXES + mutex as u32),
            Some(Op::Join(other)) => Announced::Join(other as u32),
            Some(_) => Announced::Ready,
            None => Announced::Ended,
        };
        let announced: Vec<_> = (0..program.threads.len()).map(announced).collect();
        let Some(next) = explorer.next(&announced) else {
            explorer.end();
            return walk.complete();
        };
        let thread = next as usize;
        let place = walk.place(thread);
        let op = walk.next(thread).unwrap();
        assert!(walk.unblocked().contains(&thread), "thread {thread} cannot go on");
        let source = |writer: Writer| -> Source {
            let (thread, op) = writer?;
            let place = events[thread].iter().position(|event| *event == op).unwrap();
            Some(EventIdx { thread: thread as u32, place: place as u32 })
        };
        let choices = walk.choices(thread);
        let location = op.location();
        let offered: Vec<Source> = match location {
            Some(x) => choices.iter().map(|choice| source(walk.writer(x, *choice))).collect(),
            None => vec![None],
        };
        let chosen = match op {
            _ if location.is_none() => 0,
            Op::Store(..) => explorer.place(next, &offered),
            _ => explorer.store(next, &offered),
        };
        let graph_op = match op {
            Op::Load(_, order) => GraphOp::Load(order),
            Op::Store(_, order, _) => GraphOp::Store(order),
            Op::Add(_, order, _) => GraphOp::Update(order),
            Op::Exchange(_, success, failure, expected, _) => {
                GraphOp::Exchange { success, failure, expected: expected.of(walk.results(thread)) }
            }
            Op::Fence(order) => GraphOp::Fence(order),
            Op::Lock(_) => GraphOp::Lock,
            Op::Unlock(_) => GraphOp::Unlock,
            Op::End => GraphOp::Release,
            Op::Join(other) => {
                GraphOp::Acquire(EventIdx { thread: other as u32, place: events[other].len() as u32 - 1 })
            }
            Op::SkipUnless(..) | Op::Assume(..) => unreachable!("no event"),
        };
        let mutex = match op {
            Op::Lock(mutex) | Op::Unlock(mutex) => Some(MUTEXES + mutex as u32),
            _ => None,
        };
        let wrote = walk.step(thread, choices[chosen]);
        events[thread].push(place);
        let read = offered[chosen].filter(|_| op.reads());
        let location = location.map(|x| x as u32).or(mutex).unwrap_or(0);
        explorer.happened(next, Happened { op: graph_op, location, initial: 0, read, wrote });
    }
}

/// What is wrong with a search, compared with the judge.
pub(crate) fn difference(program: &Program) -> Result<Explored, String> {
    compare(explore(program), &oracle::executions(program, Model::Rc11(Sequences::Cpp20)))
}

/// The same, compared with the crate's model led in all ways, which knows locks.
pub(crate) fn difference_from_walks(program: &Program) -> Result<Explored, String> {
    let reached = super::walk::all(program).into_iter().collect();
    compare(explore(program), &reached)
}

fn compare(explored: Explored, allowed: &BTreeSet<Graph>) -> Result<Explored, String> {
    if let Some((graph, times)) = explored.complete.iter().find(|(_, times)| **times != 1) {
        return Err(format!("{times} times: {graph:?}"));
    }
    if let Some(missed) = allowed.iter().find(|graph| !explored.complete.contains_key(graph)) {
        return Err(format!("missed: {missed:?}"));
    }
    match explored.complete.keys().find(|graph| !allowed.contains(graph)) {
        Some(wrong) => Err(format!("not consistent: {wrong:?}")),
        None => Ok(explored),
    }
}
