//! What each step does, when it can happen, and what it can come to.

use super::code::{Do, FLAG};
use super::commute::{Thing, commute, things};
use super::state::{Asked, Past, State, Waiter};
use crate::conditional::{PARTIES, PERMITS, Program};

pub(super) struct Machine {
    pub(super) capacity: Option<usize>,
    pub(super) code: Vec<Vec<Do>>,
}

impl Machine {
    pub(super) fn first(&self, program: &Program) -> State {
        let tasks = self.code.len();
        let mut state = State {
            marks: vec![Vec::new(); tasks],
            places: vec![0; tasks],
            last: vec![0; tasks],
            seen: vec![Vec::new(); tasks],
            handing: vec![0; tasks],
            rounds: vec![(0, false); tasks],
            knows: vec![false; tasks],
            tokens: vec![false; tasks],
            waited: vec![false; tasks],
            met: vec![false; tasks],
            reads: vec![0; tasks],
            held_back: vec![false; tasks],
            permits: PERMITS as u32,
            asked: vec![Asked::Got; tasks],
            senders: program.senders().len().max(1),
            receiver: true,
            ..State::default()
        };
        (0..tasks).for_each(|task| self.settle(&mut state, task));
        self.let_wait(&mut state);
        state
    }

    pub(super) fn next(&self, state: &State, task: usize) -> Option<Do> {
        self.code[task].get(state.places[task]).copied()
    }

    /// Goes on to what is a step.
    pub(super) fn settle(&self, state: &mut State, task: usize) {
        while let Some(step) = self.next(state, task) {
            state.places[task] = match step {
                Do::Jump(place) => place,
                Do::JumpUnless(number, place) if state.last[task] != number => place,
                Do::JumpUnlessFlag(place) if !state.flag => place,
                Do::JumpUnless(..) | Do::JumpUnlessFlag(_) => state.places[task] + 1,
                Do::SetFlag => {
                    state.flag = true;
                    state.places[task] + 1
                }
                Do::Granted(_) if state.asked[task] == Asked::Got => state.places[task] + 1,
                Do::Granted(end) if state.asked[task] == Asked::Refused => end,
                // Who has seen it complete looks no more.
                Do::Check(place) if state.knows[task] => place,
                Do::Look if state.knows[task] => {
                    state.saw(task, 1);
                    state.places[task] + 1
                }
                _ => return,
            };
        }
    }

    /// All that the task's next step can come to.
    pub(super) fn steps(&self, state: &State, task: usize) -> Vec<State> {
        let Some(step) = self.next(state, task).filter(|&step| self.can(state, task, step)) else { return Vec::new() };
        let parks = self.parks(state, task, step);
        let alternatives = match step {
            Do::Choose(alternatives) => alternatives,
            // Who reads already may be held back.
            Do::Read if state.reads[task] > 0 => 2,
            // In a rendezvous the wait goes on until the message is taken.
            Do::Send if self.capacity == Some(0) && state.receiver => 1,
            // Whoever has waited may have lost its token to that, and was perhaps late, and has not.
            _ if parks && state.waited[task] && state.tokens[task] => 2,
            _ => 1,
        };
        let does = |chosen| {
            let mut state = state.clone();
            self.perform(&mut state, task, step, chosen);
            // An exchange that finds something else only reads.
            let step = match step {
                Do::Exchange(word, ..) if state.last[task] == 0 => Do::Load(word),
                step => step,
            };
            let mut touched = things(step, task);
            if parks {
                touched.push(Thing::Token(task));
                state.tokens[task] &= chosen == 0;
            }
            let is_before = |past: &&Past| {
                let shares = past.things.iter().any(|thing| touched.contains(thing));
                shares && !commute(past.step, step)
            };
            let before = state.past.iter().filter(is_before).fold(0, |before, past| before | past.bit);
            let bit = 1_u128 << (task * 32 + state.marks[task].len());
            state.past.push(Past { bit, things: touched, step });
            state.marks[task].push((before, chosen));
            self.settle(&mut state, task);
            state.waited[task] = false;
            self.let_wait(&mut state);
            state
        };
        (0..alternatives).map(does).collect()
    }

    /// What comes where nobody can go on: whoever is held back, although no writer waits, goes on after all.
    pub(super) fn let_in(&self, state: &State) -> Option<State> {
        let writes = |task| self.next(state, task) == Some(Do::Write);
        let held_back = (0..self.code.len()).find(|&task| state.held_back[task])?;
        let mut state = (!(0..self.code.len()).any(writes)).then(|| state.clone())?;
        state.held_back[held_back] = false;
        self.perform(&mut state, held_back, Do::Read, 0);
        state.marks[held_back].push((0, 0));
        self.settle(&mut state, held_back);
        self.let_wait(&mut state);
        Some(state)
    }

    /// Notes who has to wait.
    pub(super) fn let_wait(&self, state: &mut State) {
        for task in 0..self.code.len() {
            let waits = self.next(state, task).is_some_and(|step| {
                // A send into a rendezvous that goes through waits for the message to be taken, if at all.
                self.parks(state, task, step) && !self.can(state, task, step)
            });
            state.waited[task] |= waits;
        }
    }

    /// Whether who has to wait for the step parks.
    pub(super) fn parks(&self, state: &State, task: usize, step: Do) -> bool {
        match step {
            Do::Recv => true,
            Do::Send => self.capacity.is_some(),
            Do::HandOver => !state.met[task],
            _ => false,
        }
    }

    pub(super) fn has_room(&self, state: &State) -> bool {
        self.capacity.is_none_or(|capacity| state.queue.len() < capacity.max(1))
    }

    /// Whether the step need not wait.
    pub(super) fn can(&self, state: &State, task: usize, step: Do) -> bool {
        match step {
            Do::Lock(lock) => state.owners[lock].is_none(),
            Do::Await(word, value) => state.words[word] == value,
            Do::Take(word) => state.words[word] == 0,
            Do::Read => !state.writer && !state.held_back[task],
            Do::Write => !state.writer && !state.is_read(),
            Do::Send => !state.receiver || self.has_room(state),
            Do::HandOver => !state.receiver || state.taken >= state.handing[task],
            Do::Recv => !state.queue.is_empty() || state.senders == 0,
            Do::Wake => {
                let is_mine = |waiter: &Waiter| waiter.task == task && (waiter.released || !waiter.offers.is_empty());
                state.owners[FLAG].is_none() && state.waiters.iter().any(is_mine)
            }
            Do::Leave => state.round > state.rounds[task].0,
            Do::Begin(_) => !state.running,
            Do::Granted(_) => state.is_closed || state.has_all(task),
            Do::Park => state.tokens[task],
            _ => true,
        }
    }

    pub(super) fn perform(&self, state: &mut State, task: usize, step: Do, chosen: u32) {
        state.places[task] += 1;
        match step {
            Do::Load(word) => state.saw(task, state.words[word]),
            Do::Store(word, value) => state.words[word] = value,
            Do::Add(word) => {
                state.saw(task, state.words[word]);
                state.words[word] += 1;
            }
            Do::Exchange(word, from, to) => {
                let is_it = state.words[word] == from;
                state.saw(task, is_it.into());
                if is_it {
                    state.words[word] = to;
                }
            }
            Do::Await(..) => {}
            Do::Take(word) => state.words[word] = 1,
            Do::Lock(lock) => state.owners[lock] = Some(task),
            Do::Unlock(lock) => state.owners[lock] = None,
            Do::TryLock(lock, end) => {
                if state.tried(task, state.owners[lock].is_none(), end) {
                    state.owners[lock] = Some(task);
                }
            }
            Do::Read if chosen == 1 => {
                state.places[task] -= 1;
                state.held_back[task] = true;
            }
            Do::Read => state.reads[task] += 1,
            Do::EndRead => state.reads[task] -= 1,
            Do::TryRead(end) => state.reads[task] += u32::from(state.tried(task, !state.writer, end)),
            Do::Write => state.writer = true,
            Do::EndWrite => state.writer = false,
            Do::TryWrite(end) => {
                let is_free = !state.writer && !state.is_read();
                state.writer |= state.tried(task, is_free, end);
            }
            Do::Send | Do::HandOver | Do::TrySend | Do::Offer | Do::Recv | Do::TryRecv => {
                self.messages(state, task, step);
            }
            Do::DropSender => state.senders -= 1,
            Do::DropReceiver => {
                state.receiver = false;
                if self.capacity != Some(0) {
                    state.queue.clear();
                }
            }
            Do::Wait => {
                state.owners[FLAG] = None;
                state.waiters.push(Waiter { task, ..Waiter::default() });
            }
            Do::Wake => state.wake(task),
            Do::NotifyOne => {
                let number = state.notifications;
                state.waiters.iter_mut().filter(|waiter| !waiter.released).for_each(|w| w.offers.push(number));
                state.notifications += 1;
            }
            Do::NotifyAll => state.waiters.iter_mut().for_each(|waiter| waiter.released = true),
            Do::Arrive => {
                state.arrived += 1;
                let is_last = state.arrived == PARTIES;
                state.rounds[task] = (state.round, is_last);
                if is_last {
                    (state.arrived, state.round) = (0, state.round + 1);
                }
            }
            Do::Leave => state.saw(task, state.rounds[task].1.into()),
            Do::Check(end) | Do::Begin(end) => {
                state.knows[task] = state.complete;
                if state.complete {
                    state.places[task] = end;
                }
                state.running |= matches!(step, Do::Begin(_)) && !state.complete;
            }
            Do::Complete => (state.running, state.complete, state.knows[task]) = (false, true, true),
            Do::Look => {
                state.knows[task] = state.complete;
                state.saw(task, state.complete.into());
            }
            Do::Acquire(permits) if state.is_closed || state.permits >= permits => {
                state.try_permits(task, permits, state.places[task]);
                state.asked[task] = if state.is_closed { Asked::Refused } else { Asked::Got };
            }
            Do::Acquire(permits) => {
                let got = std::mem::take(&mut state.permits);
                state.line.push((task, got, permits));
                state.asked[task] = Asked::Waits;
            }
            Do::Granted(end) => {
                let got = state.has_all(task);
                let place = state.line.iter().position(|(who, ..)| *who == task);
                let (_, back, _) = place.map_or((task, 0, 0), |place| state.line.remove(place));
                if !state.tried(task, got, end) {
                    state.add_permits(back);
                }
            }
            Do::TryAcquire(permits, end) => state.try_permits(task, permits, end),
            Do::Release(permits) => state.add_permits(permits),
            Do::CountPermits => state.saw(task, state.permits),
            Do::CloseSemaphore => state.is_closed = true,
            Do::Park => state.tokens[task] = false,
            Do::Unpark(other) => state.tokens[other] = true,
            Do::Choose(_) => state.saw(task, chosen),
            Do::SetFlag | Do::JumpUnlessFlag(_) | Do::JumpUnless(..) | Do::Jump(_) => {}
        }
    }

    pub(super) fn messages(&self, state: &mut State, task: usize, step: Do) {
        match step {
            Do::Send | Do::TrySend if !state.receiver => {
                state.saw(task, 0);
                state.places[task] += usize::from(step == Do::Send && self.capacity == Some(0));
            }
            Do::Send => {
                state.met[task] = state.receiver_waits;
                state.put(task);
                if self.capacity == Some(0) {
                    state.handing[task] = state.sent;
                } else {
                    state.saw(task, 1);
                }
            }
            Do::HandOver => {
                let was_taken = state.taken >= state.handing[task];
                if !was_taken {
                    state.queue.pop_front();
                }
                state.saw(task, was_taken.into());
            }
            Do::TrySend => {
                let is_met = state.receiver_waits && state.queue.is_empty();
                let has_room = if self.capacity == Some(0) { is_met } else { self.has_room(state) };
                if has_room {
                    state.put(task);
                }
                state.saw(task, has_room.into());
            }
            Do::Offer => state.receiver_waits = true,
            _ => {
                if step == Do::Recv {
                    state.receiver_waits = false;
                }
                let none = if state.senders == 0 { 9 } else { 8 };
                let message = state.queue.pop_front();
                state.taken += u64::from(message.is_some());
                state.saw(task, message.unwrap_or(none));
            }
        }
    }
}
