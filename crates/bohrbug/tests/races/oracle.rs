//! Happens-before, the naive way: every edge is listed, pair by pair, and then closed transitively.
//!
//! An execution's events are all there is to look at, and what program they are of: how many messages its channel holds
//! and how many meet at its barrier.

use bohrbug_sync::control::Event;
use bohrbug_trace::{MemoryOrder, ObjectId, Operation, Outcome};

use crate::interpret::PARTIES;

/// The first access that some earlier ones race with, and those; by their places in the execution.
pub(crate) fn first_race(events: &[Event], capacity: Option<usize>) -> Option<(usize, Vec<usize>)> {
    let before = closure(events, capacity);
    (0..events.len()).find_map(|second| {
        let races = |first: &usize| conflict(&events[*first], &events[second]) && !before[second][*first];
        let firsts: Vec<usize> = (0..second).filter(races).collect();
        (!firsts.is_empty()).then_some((second, firsts))
    })
}

fn conflict(a: &Event, b: &Event) -> bool {
    let is_write = |event: &Event| event.operation == Operation::CellWrite;
    let is_access = |event: &Event| is_write(event) || event.operation == Operation::CellRead;
    is_access(a) && is_access(b) && a.object == b.object && a.task != b.task && (is_write(a) || is_write(b))
}

/// For each event, which others happen before it.
fn closure(events: &[Event], capacity: Option<usize>) -> Vec<Vec<bool>> {
    let mut before = vec![vec![false; events.len()]; events.len()];
    let mut edges = vec![vec![false; events.len()]; events.len()];
    for later in 0..events.len() {
        for earlier in 0..later {
            edges[later][earlier] =
                events[earlier].task == events[later].task || is_edge(events, earlier, later, capacity);
        }
    }
    for (source, target) in atomic_edges(events) {
        edges[target][source] = true;
    }
    // Every edge leads forward, so what happens before an event is complete before the event is come to.
    for later in 0..events.len() {
        for middle in (0..later).filter(|&middle| edges[later][middle]) {
            let through = before[middle].clone();
            before[later][middle] = true;
            for earlier in (0..middle).filter(|&earlier| through[earlier]) {
                before[later][earlier] = true;
            }
        }
    }
    before
}

/// Whether what is not an atomic makes an edge from one event to a later one.
fn is_edge(events: &[Event], earlier: usize, later: usize, capacity: Option<usize>) -> bool {
    use Operation::*;
    let (a, b) = (&events[earlier], &events[later]);
    let same = a.object == b.object;
    let done = |event: &Event| event.outcome == Outcome::Done;
    let gone = |event: &Event| event.outcome == Outcome::Disconnected;
    let number = |event: &Event| event.value().map_or(0, |number| number as usize);
    match (a.operation, b.operation) {
        (Spawn, Begin) | (End, Join) | (Unpark, Park) => same,
        (Unlock | Wait, Lock | TryLock | Wake) => b.outcome != Outcome::WouldBlock && mutex(a) == mutex(b),
        (WriteUnlock, ReadLock | WriteLock) | (ReadUnlock, WriteLock) => same,
        (OnceEnd, OnceBegin) => same,
        (OnceEnd, OnceCheck) => same && b.value() == Some(1),
        (Arrive, Leave) => same && round_of_arrival(events, earlier) == round_of_leave(events, later),
        (Send | TrySend, Recv | TryRecv) => same && done(a) && done(b) && number(a) == number(b),
        (Recv | TryRecv, Handover) => same && done(a) && done(b) && number(a) == number(b),
        (Recv | TryRecv, Send | TrySend) => {
            let room = capacity.filter(|capacity| *capacity > 0);
            same && done(a) && done(b) && room.is_some_and(|room| number(a) + room == number(b))
        }
        (Offer, TrySend) => same && done(b) && capacity == Some(0),
        (DropSender, Recv | TryRecv) => same && gone(b),
        (DropReceiver, Send | TrySend | Handover) => same && gone(b),
        _ => false,
    }
}

/// The mutex of an operation on one: a wait's is its second object.
fn mutex(event: &Event) -> ObjectId {
    if matches!(event.operation, Operation::Wait | Operation::Wake) { event.other } else { event.object }
}

fn round_of_arrival(events: &[Event], arrival: usize) -> usize {
    let arrives = |event: &&Event| event.operation == Operation::Arrive && event.object == events[arrival].object;
    events[..arrival].iter().filter(arrives).count() / PARTIES
}

fn round_of_leave(events: &[Event], leave: usize) -> usize {
    let own = |event: &Event| {
        event.operation == Operation::Arrive && event.object == events[leave].object && event.task == events[leave].task
    };
    let arrival = (0..leave).rev().find(|&place| own(&events[place])).expect("who leaves has arrived");
    round_of_arrival(events, arrival)
}

/// From what releases, through what a write and the read-modify-writes after it have left in an atomic, to what acquires.
fn atomic_edges(events: &[Event]) -> Vec<(usize, usize)> {
    let reads = (0..events.len()).filter(|&place| reads(&events[place]));
    let mut edges = Vec::new();
    for read in reads {
        for write in read_from(events, read) {
            for source in releases(events, write) {
                edges.extend(acquires(events, read).into_iter().map(|target| (source, target)));
            }
        }
    }
    edges.retain(|(source, target)| source < target);
    edges
}

fn reads(event: &Event) -> bool {
    matches!(event.operation, Operation::Load | Operation::Rmw | Operation::CompareExchange)
}

fn writes(event: &Event) -> bool {
    match event.operation {
        Operation::Store | Operation::Rmw => true,
        Operation::CompareExchange => event.outcome == Outcome::Done,
        _ => false,
    }
}

/// The write that is read, and those whose release sequence it is part of.
fn read_from(events: &[Event], read: usize) -> Vec<usize> {
    let is_write = |place: &usize| writes(&events[*place]) && events[*place].object == events[read].object;
    let Some(write) = (0..read).rev().find(is_write) else { return Vec::new() };
    let mut chain = vec![write];
    if reads(&events[write]) {
        chain.extend(read_from(events, write));
    }
    chain
}

/// What a write releases: itself by its order, and the release fences of its task before it.
fn releases(events: &[Event], write: usize) -> Vec<usize> {
    use MemoryOrder::*;
    let releases = |place: &usize| matches!(events[*place].order, Release | AcqRel | SeqCst);
    let fences = (0..write).filter(|&place| is_fence_of(events, place, write));
    fences.chain([write]).filter(releases).collect()
}

/// What acquires by a read: itself by its order, and the acquire fences of its task after it.
fn acquires(events: &[Event], read: usize) -> Vec<usize> {
    use MemoryOrder::*;
    let acquires = |place: &usize| matches!(events[*place].order_in_effect(), Acquire | AcqRel | SeqCst);
    let fences = (read + 1..events.len()).filter(|&place| is_fence_of(events, place, read));
    fences.chain([read]).filter(acquires).collect()
}

fn is_fence_of(events: &[Event], place: usize, other: usize) -> bool {
    events[place].operation == Operation::Fence && events[place].task == events[other].task
}
