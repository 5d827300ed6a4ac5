//! What a program does in the terms of the search: threads and events by numbers that they have in every execution.

use bohrbug_memory::graphs::{Announced, EventIdx, Happened, Op};
use bohrbug_sync::control::{Event, MemoryAccess, MemoryOperation, Pending, View};
use bohrbug_trace::{Operation, Outcome, TaskId};

use super::Graphs;

impl Graphs {
    /// Takes in the tasks that there are now.
    pub(super) fn meet(&mut self, view: View<'_>) {
        let here = &mut self.here;
        for task in here.threads.len()..view.task_count() {
            let thread = if task == 0 {
                0
            } else {
                let parent = view.task(TaskId(task as u32)).1.index();
                let key = (here.threads[parent], here.children[parent]);
                here.children[parent] += 1;
                let next = self.known.len() as u32 + 1;
                *self.known.entry(key).or_insert(next)
            };
            here.threads.push(thread);
            here.children.push(0);
            let room = here.tasks.len().max(thread as usize + 1);
            here.tasks.resize(room, None);
            here.events.resize(room, 0);
            here.made.resize(room, None);
            here.ended.resize(room, None);
            here.did.resize_with(room, Vec::new);
            here.idle.resize(room, 0);
            here.tasks[thread as usize] = Some(TaskId(task as u32));
        }
    }

    /// An event in the search's terms; `None` if it is not covered.
    pub(super) fn happened(
        &mut self,
        view: View<'_>,
        event: &Event,
        access: Option<&MemoryAccess>,
    ) -> Option<Happened> {
        let thread = self.here.threads[event.task.index()];
        let at = EventIdx { thread, place: self.here.events[thread as usize] };
        if matches!(event.outcome, Outcome::Unwinding | Outcome::WeakFailure) {
            return None;
        }
        let other = || Some(self.here.threads[view.thread(event.object)?.index()] as usize);
        let op = match event.operation {
            Operation::Load | Operation::Store | Operation::Rmw | Operation::CompareExchange => {
                return Some(self.accessed(at, access?));
            }
            Operation::Fence => Op::Fence(event.order.into()),
            Operation::Lock | Operation::Unlock => {
                let op = if event.operation == Operation::Lock { Op::Lock } else { Op::Unlock };
                let location = mutex(event.object.0);
                return Some(Happened { op, location, initial: 0, read: None, wrote: None });
            }
            Operation::Spawn => {
                let child = other()?;
                self.here.made[child] = Some(at);
                Op::Release
            }
            Operation::Begin => self.here.made[thread as usize].map_or(Op::Nothing, Op::Acquire),
            Operation::End => {
                self.here.ended[thread as usize] = Some(at);
                Op::Release
            }
            Operation::Join => Op::Acquire(self.here.ended[other()?]?),
            Operation::Choose | Operation::Fault => Op::Choice,
            Operation::Yield | Operation::CellRead | Operation::CellWrite | Operation::CellGet | Operation::Note => {
                Op::Nothing
            }
            _ => return None,
        };
        Some(Happened::elsewhere(op))
    }

    fn accessed(&mut self, at: EventIdx, access: &MemoryAccess) -> Happened {
        let index = access.location.0 as usize;
        if self.here.stores.len() <= index {
            self.here.stores.resize_with(index + 1, || vec![None]);
        }
        let stores = &mut self.here.stores[index];
        let read = access.read.and_then(|store| stores[store.index()]);
        if access.wrote.is_some() {
            stores.push(Some(at));
        }
        let op = match access.operation {
            MemoryOperation::Load(order) => Op::Load(order),
            MemoryOperation::Store(order) => Op::Store(order),
            MemoryOperation::Update(order) => Op::Update(order),
            MemoryOperation::Exchange { success, failure, expected } => Op::Exchange { success, failure, expected },
        };
        let wrote = access.wrote.map(|(_, word)| word);
        Happened { op, location: access.location.0 * 2, initial: access.initial, read, wrote }
    }

    /// What a task has announced; `None` if it is not covered.
    pub(super) fn announced(&self, view: View<'_>, pending: &Pending) -> Option<Announced> {
        use Operation::{
            Begin, CellGet, CellRead, CellWrite, Choose, CompareExchange, End, Fault, Fence, Join, Load, Lock, Note,
            Rmw, Spawn, Store, Unlock, Yield,
        };
        if pending.deadline().is_some() {
            return None;
        }
        match pending.operation {
            Lock => Some(Announced::Lock(mutex(pending.object.0))),
            Join => Some(Announced::Join(self.here.threads[view.thread(pending.object)?.index()])),
            Load | Store | Rmw | CompareExchange | Fence | Unlock | Spawn | Begin | End | Yield | CellRead
            | CellWrite | CellGet | Choose | Fault | Note => Some(Announced::Ready),
            _ => None,
        }
    }
}

/// Atomics have even numbers.
const fn mutex(object: u32) -> u32 {
    object * 2 + 1
}
