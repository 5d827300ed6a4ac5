//! What an object would be after only some of an execution's events: whether an operation could have happened earlier.
//!
//! A search that wants to exchange two operations asks this before it tries. The events are played on new states of the
//! primitives' own kind, so that there is one rule of enabledness. Senders of a channel are cloned without an event, so
//! all that are ever dropped are taken to be there from the start; that is right as long as some sender is left.

use bohrbug_trace::{ObjectId, Operation, Outcome, TaskId};

use super::object::State;
use super::{Event, Inner, Pending, View};
use crate::native;

impl View<'_> {
    /// Whether the task's operation could happen after just those of this execution's events, given in their order.
    ///
    /// `by_itself` says whether a wait may end without a reason.
    pub fn admits_after<'e>(
        self,
        task: TaskId,
        pending: &Pending,
        by_itself: bool,
        events: impl Iterator<Item = &'e Event>,
    ) -> bool {
        if !pending.operation.can_block() || !pending.object.is_some() {
            return true;
        }
        let mut object = self.0.at_first(pending.object);
        let mut other = pending.other.is_some().then(|| self.0.at_first(pending.other));
        for event in events {
            if event.object == pending.object || event.other == pending.object {
                object.play(event);
            }
            if let Some(other) = &mut other
                && (event.object == pending.other || event.other == pending.other)
            {
                other.play(event);
            }
        }
        object.admits(task, pending, other.as_ref(), by_itself)
    }
}

impl Inner {
    /// The object as it was before every event.
    fn at_first(&self, object: ObjectId) -> State {
        match &self.objects[object.index()].state {
            State::Stateless => State::Stateless,
            State::Mutex(_) => State::Mutex(native::mutex::Mutex::default()),
            State::RwLock(_) => State::RwLock(native::rwlock::RwLock::default()),
            State::Condvar(_) => State::Condvar(native::condvar::Condvar::default()),
            State::Barrier(barrier) => State::Barrier(native::barrier::Barrier::new(barrier.parties())),
            State::Once(_) => State::Once(native::once::Once::new(false)),
            State::Thread(thread) => State::Thread(native::thread::Thread::of(thread.task())),
            State::Futex(_) => State::Futex(native::futex::Futex::default()),
            State::Channel(channel) => {
                let dropped = |event: &&Event| event.object == object && event.operation == Operation::DropSender;
                let senders = channel.senders() + self.log.iter().filter(dropped).count();
                State::Channel(native::mpsc::Channel::with_senders(channel.capacity(), senders))
            }
        }
    }
}

impl State {
    /// Whether the operation can happen; `by_itself` says whether a wait may end without a reason.
    pub(super) fn admits(&self, task: TaskId, pending: &Pending, other: Option<&Self>, by_itself: bool) -> bool {
        match self {
            Self::Mutex(mutex) => mutex.is_free(),
            Self::RwLock(rwlock) => rwlock.admits(pending.operation) && !rwlock.holds_back(task),
            Self::Condvar(condvar) => {
                let is_free = |other: &Self| !matches!(other, Self::Mutex(mutex) if !mutex.is_free());
                (by_itself || condvar.has_woken(task)) && other.is_none_or(is_free)
            }
            Self::Barrier(barrier) => barrier.has_opened(pending.stamp()),
            Self::Once(once) => once.admits(pending.stamp()),
            Self::Channel(channel) => channel.admits(pending) || pending.deadline().is_some() && by_itself,
            Self::Thread(thread) => match pending.operation {
                Operation::Park => by_itself || thread.has_token(),
                _ => thread.has_finished(),
            },
            Self::Futex(futex) => by_itself || futex.has_woken(task),
            Self::Stateless => true,
        }
    }

    /// Does to the state what the event did to its object.
    fn play(&mut self, event: &Event) {
        let happened = !matches!(event.outcome, Outcome::WouldBlock | Outcome::Unwinding);
        match self {
            Self::Mutex(mutex) if happened => play_mutex(mutex, event),
            Self::RwLock(rwlock) => play_rwlock(rwlock, event, happened),
            Self::Condvar(condvar) if happened => play_condvar(condvar, event),
            Self::Barrier(barrier) if event.operation == Operation::Arrive => _ = barrier.arrive(),
            Self::Once(once) => play_once(once, event),
            Self::Channel(channel) => play_channel(channel, event),
            Self::Futex(futex) if happened => futex.play(event),
            Self::Thread(thread) => match event.operation {
                Operation::End => thread.finish(),
                Operation::Unpark => thread.unpark(),
                Operation::Park => _ = thread.take_token(),
                _ => {}
            },
            _ => {}
        }
    }
}

const fn play_mutex(mutex: &mut native::mutex::Mutex, event: &Event) {
    match event.operation {
        Operation::Lock | Operation::TryLock | Operation::Wake => mutex.acquire(event.task),
        Operation::Unlock | Operation::Wait => mutex.release(),
        _ => {}
    }
}

fn play_rwlock(rwlock: &mut native::rwlock::RwLock, event: &Event, happened: bool) {
    match event.operation {
        Operation::ReadLock | Operation::TryReadLock if happened => {
            rwlock.let_in(event.task);
            rwlock.acquire_read(event.task);
        }
        Operation::ReadLock if event.outcome == Outcome::WouldBlock => rwlock.hold_back(event.task),
        Operation::WriteLock | Operation::TryWriteLock if happened => rwlock.acquire_write(event.task),
        // A task that unwinds gives its lock back, too; one that it had in name only it is not found to have.
        Operation::ReadUnlock => rwlock.release_read(event.task),
        Operation::WriteUnlock if happened => rwlock.release_write(),
        _ => {}
    }
}

fn play_condvar(condvar: &mut native::condvar::Condvar, event: &Event) {
    match event.operation {
        Operation::Wait => condvar.begin_wait(event.task),
        Operation::Wake => _ = condvar.end_wait(event.task),
        Operation::NotifyOne => condvar.notify_one(),
        Operation::NotifyAll => condvar.notify_all(),
        _ => {}
    }
}

fn play_once(once: &mut native::once::Once, event: &Event) {
    match (event.operation, event.outcome) {
        (Operation::OnceBegin, Outcome::Leader) => once.begin(event.task),
        (Operation::OnceEnd, Outcome::Done) => once.end(true, false),
        (Operation::OnceEnd, Outcome::Poisoned) => once.end(false, true),
        _ => {}
    }
}

fn play_channel(channel: &mut native::mpsc::Channel, event: &Event) {
    let has_message = event.value().is_some();
    match (event.operation, event.outcome) {
        (Operation::Send | Operation::TrySend, _) if has_message => _ = channel.put(),
        (Operation::Recv | Operation::TryRecv, _) if has_message => _ = channel.take(),
        (Operation::Handover, Outcome::Disconnected) => channel.take_back(),
        (Operation::DropSender, _) => channel.drop_sender(),
        (Operation::DropReceiver, _) => channel.drop_receiver(),
        _ => {}
    }
}
